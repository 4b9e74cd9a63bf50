// Opens TCP acceptors. A port with several acceptors (SO_REUSEPORT) is shared by event-loop
// threads, so a connection is born on the thread that it stays on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>

#include "net/address.hpp"

namespace tidegate::net {

// Out of descriptors: long enough for some to come free, short enough for a client not to notice.
inline constexpr std::chrono::milliseconds kAcceptPause{100};
// While the same error lasts it is told so often.
inline constexpr std::chrono::seconds kAcceptComplaintPeriod{10};

enum class PortSharing { exclusive, shared };

// Bound and listening, close-on-exec, SO_REUSEADDR; dual-stack when the endpoint is the IPv6
// wildcard.
std::expected<tcp::acceptor, boost::system::error_code> open_acceptor(asio::io_context& io,
                                                                      tcp::endpoint const& endpoint,
                                                                      PortSharing sharing);

// Accepts until the acceptor is closed or the coroutine is cancelled, and hands each socket (on the
// acceptor's own executor, TCP_NODELAY set) to on_socket. An error, whatever it is, pauses
// accepting for kAcceptPause and never ends it; on_error is told at most once per
// kAcceptComplaintPeriod, and when the error changes.
asio::awaitable<void> accept_loop(tcp::acceptor& acceptor,
                                  std::function<void(tcp::socket)> on_socket,
                                  std::function<void(boost::system::error_code)> on_error);

}  // namespace tidegate::net
