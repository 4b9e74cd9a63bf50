// The forwarder's metrics, served at GET /metrics on a port of their own. They are made when
// somebody asks. The loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <expected>
#include <string>

#include "forwarder/situation.hpp"
#include "metrics/io/metrics_server.hpp"

namespace tidegate::forwarder {

class Forward;

class ForwarderMetrics {
public:
    // address: as --metrics-listen has it, "127.0.0.1:9102". forward must outlive this.
    ForwarderMetrics(boost::asio::io_context& io, std::string const& address,
                     Forward const& forward);
    // The error is a sentence: "listen tcp :9102: bind: address already in use".
    std::expected<void, std::string> start() { return server_.start(); }
    boost::asio::awaitable<void> stop() { return server_.stop(); }
    // For further routes, before start().
    metrics::MetricsServer& server() { return server_; }

private:
    metrics::MetricsServer server_;
};

// Whose run it is: the labels of tidegate_forwarder_info.
struct RunLabels {
    std::string stream_id, destination, run_id, host, app;
};
// The metrics in Prometheus' text format.
std::string render_metrics(Situation const& situation, RunLabels const& labels);

}  // namespace tidegate::forwarder
