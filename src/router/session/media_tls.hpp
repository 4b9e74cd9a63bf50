// What a protocol for media needs to be served over TLS beside its listener in clear: whether and
// where the configuration wants it, its certificate, and the connections that are made with it. The
// control thread, except for link().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <optional>
#include <string>

#include "config/mediamtx/conf.hpp"
#include "net/link.hpp"
#include "net/tls_identity.hpp"

namespace tidegate::router {

// Whether a protocol is served in clear or over TLS. Each is a module of its own (ProtocolModule).
enum class Security { clear, tls };

class MediaTls {
public:
    // name: "RTMPS", as the log writes it.
    MediaTls(std::string name, Security security, boost::asio::io_context& control);

    // Where to listen; nullopt: not at all. on: the protocol is switched on.
    std::optional<std::string> address(bool on, config::mediamtx::MediaEncryption const& conf,
                                       std::string const& clear_address) const;
    // Reads the certificate, if the protocol is served over TLS. The error is the sentence for the
    // log.
    std::expected<void, std::string> use(config::mediamtx::MediaEncryption const& conf);
    // The same while the router runs: what cannot be used is logged, and the old one stays. False:
    // there is none.
    bool follow(config::mediamtx::MediaEncryption const& conf);
    void stop() { identity_.stop(); }

    // Any thread. REQUIRES: use() or follow() has succeeded once.
    net::Link link(boost::asio::ip::tcp::socket socket) const;
    bool is_secure() const { return security_ == Security::tls; }

private:
    std::string const name_;
    Security const security_;
    net::TlsIdentity identity_;
    bool usable_ = false;
};

}  // namespace tidegate::router
