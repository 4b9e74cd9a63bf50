// Asks the API server what a ListWatch wants to know, for ever. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "kubernetes/core/list_watch.hpp"
#include "kubernetes/io/client.hpp"

namespace tidegate::kubernetes {

// Ends by cancellation only. client and watch must outlive it. Logs when the server cannot be asked
// any more, and when it can again; `what` names the objects for the log: "Pods of workers".
asio::awaitable<void> inform(Client& client, ListWatch& watch, std::string what);

}  // namespace tidegate::kubernetes
