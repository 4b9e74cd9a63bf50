// All of media-service but its workers: the control plane, the receiver of hooks, the API, the
// event stream, metrics and health, behind one HTTP server. Everything runs on the caller's event
// loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "kubernetes/core/reach.hpp"
#include "net/task_group.hpp"
#include "orchestrator/io/http/access.hpp"
#include "orchestrator/io/http/activity_reporter.hpp"
#include "orchestrator/io/http/destination_handlers.hpp"
#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/forward_reporter.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/hook_receiver.hpp"
#include "orchestrator/io/http/leader_proxy.hpp"
#include "orchestrator/io/http/leadership.hpp"
#include "orchestrator/io/http/recording_handlers.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/http/stream_json.hpp"
#include "orchestrator/io/http/stream_watch.hpp"
#include "orchestrator/io/router/control_plane.hpp"
#include "orchestrator/io/router/forward_plane.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

struct MediaServiceSettings {
    std::string listen = "127.0.0.1:8080";
    // Certificate and key; nullopt: in clear.
    std::optional<net::TlsServerSettings> tls;
    // For how long browsers shall use https:// only, on all ports of this host (RFC 6797); 0: they
    // are not told. Not by default: the router may serve HLS in clear beside it.
    std::chrono::seconds hsts{0};
    // DNS names that requests may have in Host, besides addresses and localhost: a proxy's name.
    std::vector<std::string> allow_hosts;
    AccessSettings access;
    ControlPlaneSettings control;
    std::size_t max_forwarders = 100;
    PublicPorts public_ports;  // what the dashboard shows people
    // There are others of us, of which one leads; nullopt: we are alone.
    std::optional<ReplicaSettings> replica;
    // What is known of the API server of a cluster; null: there is none.
    std::shared_ptr<kubernetes::Reach const> cluster = {};
    // False: workers go on when the service ends, and the next service adopts them.
    bool stop_workers_on_exit = false;
};

// How long requests may go on when the service stops. `make down` promises 10 s for everything.
inline constexpr std::chrono::milliseconds kStopDeadline{2'000};
// How long workers that stop with the service have before they are killed.
inline constexpr std::chrono::milliseconds kWorkerStopDeadline{5'000};

class MediaService {
public:
    // backend runs the workers, forwarders the forwarders; both must outlive this. egress: read
    // already.
    MediaService(asio::io_context& io, MediaServiceSettings settings, WorkerBackend& backend,
                 WorkerBackend& forwarders, Egress& egress);

    // Begins to serve, and if it is alone to control. The error is a sentence for people.
    std::expected<void, std::string> start();
    // One of several begins to control: from now on it leads. Others do not, or not any more. The
    // error is a sentence for people.
    std::expected<void, std::string> lead();
    // Controls nothing any more; requests are passed on to whoever leads. Workers go on, unless
    // they are to stop with the service. It cannot lead again.
    asio::awaitable<void> end_leading();
    // Who leads as the record says, this replica or another; nullopt: nobody.
    void set_leader(std::optional<Leader> const& leader);
    // Returns when nothing is left that needs the event loop.
    asio::awaitable<void> stop();
    // Where it listens; useful if the settings ask for port 0.
    unsigned short port() const { return server_.port(); }

private:
    // Who answers if another replica leads: that one, or each for itself.
    enum class By { leader, each };
    // A route for clients of this role. What is for everybody is added to server_ directly.
    void route(Role role, std::string_view method, std::string_view pattern,
               http::WaitingHandler handler, By by = By::leader);
    void add_access_routes();
    void reload_tokens();
    void on_hook(HookEvent const& event, std::string_view query);
    // The error is a sentence. named: empty: nobody has said which router is meant.
    std::expected<RecordingRouter, std::string> where_recorded(std::string const& stream_id,
                                                               std::string_view named) const;
    void add_event_routes();
    void add_stream_routes();
    void add_recording_routes();
    void add_destination_routes();
    void add_health_routes();
    void add_docs_routes();
    void add_dashboard_routes();
    http::Response ready(http::Request const& request) const;
    http::Response who(http::Request const& request);
    http::Response metrics();
    http::Response streams(http::Request const& request);

    bool const stop_workers_on_exit_;
    std::shared_ptr<kubernetes::Reach const> const cluster_;
    bool controls_ = false;  // the control plane was started, and not stopped
    Leadership leadership_;
    LeaderProxy proxy_;
    ServiceMetrics metrics_;
    Access access_;
    net::TaskGroup tasks_;
    EventFeed feed_;
    StreamRecords records_;
    ActivityReporter reporter_;
    RecordingHandlers recordings_;
    ControlPlane control_;
    ForwardReporter forward_reporter_;
    ForwardPlane forwards_;
    DestinationHandlers destinations_;
    HookHistory hooks_;
    StreamWatch watch_;
    HookReceiver hook_receiver_;
    http::Server server_;
};

}  // namespace tidegate::orchestrator
