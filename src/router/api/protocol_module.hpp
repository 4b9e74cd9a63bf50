// What a protocol is to the rest of the router: something that starts and stops, follows the
// configuration, and adds its own endpoints to the Control API and its own blocks to the metrics
// page. A protocol is a folder below router/ with one class derived from this one, and one line in
// router/app/modules; no other file knows it by name. One control thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/mediamtx/conf.hpp"
#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"

namespace tidegate::router {

class ProtocolModule {
public:
    virtual ~ProtocolModule() = default;

    virtual std::string_view name() const = 0;  // "rtmp"

    // Whether the configuration turns it on. Only then its endpoints answer, and only then its
    // metrics are shown.
    virtual bool enabled(config::mediamtx::Global const& global) const = 0;
    // Opens what the configuration wants of it, nothing when it is not enabled. The error is the
    // sentence for the log; the router does not start then.
    virtual std::expected<void, std::string> start(config::mediamtx::Conf const& conf) = 0;
    // Another configuration has come while the router runs: starts, changes or stops accordingly.
    // What cannot be done is logged, and stays as it was.
    virtual boost::asio::awaitable<void> configure(config::mediamtx::Conf const& conf) = 0;
    // The router ends: accepts nothing any more. Sessions go on.
    virtual boost::asio::awaitable<void> stop() = 0;
    // Asks every session to end; returns at once. Also called without stop() before it, when the
    // router is destroyed after a failure.
    virtual void close_sessions() = 0;

    virtual std::vector<ApiEndpoint> endpoints() { return {}; }
    virtual std::vector<MetricsBlock> metrics() { return {}; }
};

using ProtocolModules = std::vector<std::unique_ptr<ProtocolModule>>;

}  // namespace tidegate::router
