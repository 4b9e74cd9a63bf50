#include "router/session/media_tls.hpp"

#include <utility>

#include "log/log.hpp"

namespace tidegate::router {

namespace {

net::TlsWatch::Report log_changes(std::string const& name) {
    return [prefix = "[" + name + "] "](std::expected<void, std::string> const& result) {
        if (result) {
            log::write(log::Level::info, "certificate.changed",
                       prefix + "uses the certificate that has changed");
        } else {
            log::write(log::Level::error, "certificate.failed",
                       prefix + "keeps its certificate: " + result.error());
        }
    };
}

}  // namespace

MediaTls::MediaTls(std::string name, Security security, boost::asio::io_context& control)
    : name_(std::move(name)), security_(security), identity_(control, log_changes(name_)) {}

std::optional<std::string> MediaTls::address(bool on, config::mediamtx::MediaEncryption const& conf,
                                             std::string const& clear_address) const {
    if (!on || !conf.has(is_secure())) return std::nullopt;
    return is_secure() ? conf.address : clear_address;
}

std::expected<void, std::string> MediaTls::use(config::mediamtx::MediaEncryption const& conf) {
    if (!is_secure()) return {};
    auto used = identity_.use({.certificate_file = conf.server_cert, .key_file = conf.server_key});
    usable_ = usable_ || used.has_value();
    return used;
}

bool MediaTls::follow(config::mediamtx::MediaEncryption const& conf) {
    auto const used = use(conf);
    if (!used) {
        log::write(log::Level::error, "certificate.failed", "[" + name_ + "] " + used.error());
    }
    return usable_ || !is_secure();
}

net::Link MediaTls::link(boost::asio::ip::tcp::socket socket) const {
    auto tls = is_secure() ? identity_.accept() : net::TlsPtr();
    return {std::move(socket), std::move(tls)};
}

}  // namespace tidegate::router
