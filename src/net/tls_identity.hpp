// The certificate of a server whose configuration may change: loaded, watched, and handed to each
// connection. use() and stop() on the loop of `io`, accept() on any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/tls_server.hpp"
#include "net/tls_watch.hpp"

namespace tidegate::net {

class TlsIdentity {
public:
    // report: see TlsWatch. It may be called as long as the loop runs.
    TlsIdentity(asio::io_context& io, TlsWatch::Report report);

    // Uses these files from now on, and watches them. The same settings again change nothing. After
    // an error, which is that of TlsServerContext::load(), everything is as before.
    std::expected<void, std::string> use(TlsServerSettings const& settings);
    // Watches no longer. The loop would not end while it is watched.
    void stop() { watch_.reset(); }

    // See TlsServerContext::accept(). REQUIRES: use() has succeeded once.
    TlsPtr accept() const;

private:
    asio::io_context& io_;
    TlsWatch::Report const report_;
    mutable std::mutex mutex_;
    std::shared_ptr<TlsServerContext> context_;
    std::optional<TlsWatch> watch_;
};

}  // namespace tidegate::net
