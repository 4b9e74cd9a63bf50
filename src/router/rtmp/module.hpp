// RTMP as a part of the router: its listener, the connections that are open, and what the Control
// API and the metrics show of them.
#pragma once

#include "router/api/protocol_module.hpp"
#include "router/rtmp/conns.hpp"
#include "router/session/media_listener.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

class RtmpModule final : public ProtocolModule {
public:
    explicit RtmpModule(Services& services);

    std::string_view name() const override { return "rtmp"; }
    bool enabled(config::mediamtx::Global const& global) const override { return global.rtmp; }
    std::expected<void, std::string> start(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> stop() override;
    void close_sessions() override { conns_.close_all(); }
    std::vector<ApiEndpoint> endpoints() override { return rtmp_endpoints(conns_); }
    std::vector<MetricsBlock> metrics() override { return rtmp_metrics(conns_); }

private:
    RtmpConns conns_;
    MediaListener listener_;
};

}  // namespace tidegate::router
