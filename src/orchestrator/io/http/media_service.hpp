// media-service as one object: the event receiver, the control plane and the HTTP API over them.
// One event loop, the caller's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/event_handlers.hpp"
#include "orchestrator/io/http/reporter.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/http/stream_book.hpp"
#include "orchestrator/io/http/stream_list.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

struct MediaServiceSettings {
    std::string listen = "127.0.0.1:8080";
    std::vector<std::string> allow_hosts;  // DNS names that pages and proxies may ask for us by
    ControlPlaneSettings control;
    // By default workers go on when the service ends, and the next one adopts them.
    bool stop_workers_on_exit = false;
};

// What running requests get to end in; make down promises 10 s for everything.
inline constexpr std::chrono::milliseconds kStopDeadline{2'000};
// What workers get, when they are to stop with the service, before they are killed.
inline constexpr std::chrono::milliseconds kWorkerStopDeadline{5'000};

class MediaService {
public:
    // backend: where workers run; outlives this.
    MediaService(asio::io_context& io, MediaServiceSettings settings, WorkerBackend& backend);

    std::expected<void, std::string> start();  // the error is a sentence
    asio::awaitable<void> stop();
    unsigned short port() const { return server_.port(); }

private:
    void on_hook(HookEvent const& event, std::string_view query);
    void add_event_routes();
    void add_stream_routes();
    void add_health_routes();
    void add_docs_routes();
    http::Response ready() const;
    http::Response metrics();

    bool const stop_workers_on_exit_;
    ServiceMetrics metrics_;
    EventFeed feed_;
    Reporter reporter_;
    ControlPlane control_;
    StreamBook book_;
    StreamList list_;
    EventHandlers events_;
    http::Server server_;
};

}  // namespace tidegate::orchestrator
