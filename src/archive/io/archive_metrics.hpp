// GET /metrics and GET /healthz of segment-archiver. The event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <string>

#include "archive/io/archiver.hpp"
#include "metrics/io/metrics_server.hpp"

namespace tidegate::archive {

std::string render_metrics(ArchiverFigures const& figures);

class ArchiveServer {
public:
    // address: see net::parse_listen_address. The archiver outlives this.
    ArchiveServer(boost::asio::io_context& io, std::string const& address,
                  Archiver const& archiver);

    std::expected<void, std::string> start() { return server_.start(); }
    unsigned short port() const { return server_.port(); }
    boost::asio::awaitable<void> stop() { return server_.stop(); }

private:
    metrics::MetricsServer server_;
};

}  // namespace tidegate::archive
