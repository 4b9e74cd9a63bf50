// The worker's metrics, served at GET /metrics on a port of their own. They are made from the
// statistics of the run when somebody asks. The worker's loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/statistics.hpp"
#include "metrics/io/metrics_server.hpp"
#include "worker/dub_status.hpp"
#include "worker/params.hpp"

namespace tidegate::worker {

using endpoint::DelayHistogram;
using endpoint::Statistics;
using endpoint::TrackCounts;

class Relay;

class WorkerMetrics {
public:
    // address: as --metrics-listen has it, "127.0.0.1:9101". relay must outlive this.
    WorkerMetrics(boost::asio::io_context& io, std::string const& address, Relay const& relay);
    // The error is a sentence: "listen tcp :9101: bind: address already in use".
    std::expected<void, std::string> start() { return server_.start(); }
    boost::asio::awaitable<void> stop() { return server_.stop(); }
    // For further routes, before start().
    metrics::MetricsServer& server() { return server_; }

private:
    metrics::MetricsServer server_;
};

// What the text of the metrics is made of.
struct MetricsView {
    Statistics const& statistics;
    StageSettings const& settings;
    bool input_playing;
    bool output_accepted;
    std::string const& trouble;
    bool held = false;                        // the output goes on without the source
    std::vector<DubStatus const*> dubs = {};  // one for each language
    std::uint64_t failed_renewals = 0;        // of the lease
    // For how long the output may be published without a renewal; nullopt: for ever.
    std::optional<std::chrono::nanoseconds> lease_left = {};
};
// The metrics in Prometheus' text format.
std::string render_metrics(MetricsView const& view);

}  // namespace tidegate::worker
