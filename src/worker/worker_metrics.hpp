// A worker's metrics on a port of its own (GET /metrics), rendered from its statistics when asked.
// The worker's loop only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <expected>
#include <memory>
#include <string>

#include "http/server.hpp"
#include "worker/worker.hpp"

namespace tidegate::worker {

class WorkerMetrics {
public:
    // worker outlives this.
    WorkerMetrics(boost::asio::io_context& io, std::string const& address, Worker const& worker);
    // The error is a sentence: "listen tcp :9101: bind: address already in use".
    std::expected<void, std::string> start();
    boost::asio::awaitable<void> stop();

private:
    http::Server server_;
};

// What the metrics are made of.
struct MetricsView {
    Statistics const& statistics;
    StageSettings const& settings;
    bool input_playing;
    bool output_accepted;
    std::string const& trouble;
};
// The exposition text.
std::string render_metrics(MetricsView const& view);

}  // namespace tidegate::worker
