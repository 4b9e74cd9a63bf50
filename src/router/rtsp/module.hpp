// RTSP, in clear or over TLS (RTSPS), as a part of the router: its listener, the connections and
// sessions that are open, and what the Control API and the metrics show of them.
#pragma once

#include "router/api/protocol_module.hpp"
#include "router/rtsp/items.hpp"
#include "router/session/media_listener.hpp"
#include "router/session/media_tls.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

class RtspModule final : public ProtocolModule {
public:
    RtspModule(Services& services, Security security);

    std::string_view name() const override { return tls_.is_secure() ? "rtsps" : "rtsp"; }
    bool enabled(config::mediamtx::Global const& global) const override {
        return address(global).has_value();
    }
    std::expected<void, std::string> start(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> stop() override;
    void close_sessions() override { items_.conns.close_all(); }
    std::vector<ApiEndpoint> endpoints() override { return rtsp_endpoints(items_, security()); }
    std::vector<MetricsBlock> metrics() override { return rtsp_metrics(items_, security()); }

private:
    std::optional<std::string> address(config::mediamtx::Global const& global) const;
    Security security() const { return tls_.is_secure() ? Security::tls : Security::clear; }

    MediaTls tls_;
    RtspItems items_;
    MediaListener listener_;
};

}  // namespace tidegate::router
