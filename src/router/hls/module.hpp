// HLS as a part of the router: its HTTP server on the web loop, and what the Control API and the
// metrics show of its muxers and sessions. The control loop.
#pragma once

#include <memory>

#include "router/api/protocol_module.hpp"
#include "router/hls/items.hpp"
#include "router/hls/server.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

class HlsModule final : public ProtocolModule {
public:
    explicit HlsModule(Services& services) : services_(services) {}

    std::string_view name() const override { return "hls"; }
    bool enabled(config::mediamtx::Global const& global) const override {
        return global.hls.listener.enabled;
    }
    std::expected<void, std::string> start(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) override;
    boost::asio::awaitable<void> stop() override;
    void close_sessions() override;
    std::vector<ApiEndpoint> endpoints() override { return hls_endpoints(items_); }
    std::vector<MetricsBlock> metrics() override { return hls_metrics(items_); }

private:
    boost::asio::awaitable<void> end(std::shared_ptr<HlsServer> server);

    Services& services_;
    HlsItems items_;
    std::shared_ptr<HlsServer> server_;              // null: it is off
    std::optional<config::mediamtx::Conf> running_;  // what the server was started with
};

}  // namespace tidegate::router
