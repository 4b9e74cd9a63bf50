#include "metrics/io/metrics_server.hpp"

#include <chrono>
#include <utility>

#include "metrics/registry.hpp"

namespace tidegate::metrics {

namespace {

// A scraper needs one or two connections, and nobody else connects here.
constexpr std::size_t kMaxConnections = 16;
// How long answers under way may take when the program stops.
constexpr std::chrono::milliseconds kStopDeadline{100};

http::Response refuse_in_words(http::Refusal, http::RefusalInfo const& info) {
    http::Response response;
    response.status = info.status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::string(info.detail) + "\n";
    if (!info.allow.empty()) response.headers.emplace_back("Allow", info.allow);
    return response;
}

http::ServerSettings settings_for(std::string const& address) {
    http::ServerSettings settings;
    settings.address = address;
    settings.limits.connections = kMaxConnections;
    settings.refuse = refuse_in_words;
    return settings;
}

}  // namespace

MetricsServer::MetricsServer(boost::asio::io_context& io, std::string const& address,
                             std::function<std::string()> text)
    : server_(io, settings_for(address)) {
    server_.route("GET", "/metrics", [text = std::move(text)](http::Request const&) {
        http::Response response;
        response.content_type = std::string(kContentType);
        response.body = text();
        return response;
    });
}

boost::asio::awaitable<void> MetricsServer::stop() {
    return server_.stop(kStopDeadline);
}

}  // namespace tidegate::metrics
