// Uses a changed certificate for the handshakes that follow; connections that are open keep theirs.
// The loop of `io` only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/task_group.hpp"
#include "net/tls_server.hpp"

namespace tidegate::net {

// Certificate and key are two files, which somebody replaces one after the other. So a pair that
// cannot be used is read again after this time, before anybody is told.
inline constexpr std::chrono::seconds kPairTime{1};

class TlsWatch {
public:
    // Without a value: a pair cannot be used, and the old one stays; or a file cannot be watched.
    using Report = std::function<void(std::expected<void, std::string> const&)>;

    // Watches the files of the context until this object is destroyed. Calls report once for each
    // new pair, on the loop.
    TlsWatch(asio::io_context& io, std::shared_ptr<TlsServerContext> context, Report report);

private:
    TaskGroup tasks_;
};

}  // namespace tidegate::net
