// The control loop of media-service. It reads the lists of paths of all routers again and again
// (routers.hpp), tells the fleet what it has seen, has the worker backend carry out what the fleet
// decides, and tells the fleet what the backend reports. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/io/router/fleet_driver.hpp"
#include "orchestrator/io/router/routers.hpp"

namespace tidegate::orchestrator {

struct ControlPlaneSettings {
    Policy policy;
    RouterAddresses routers;
    Login router_login;                                       // of their Control APIs
    std::shared_ptr<net::TlsClientContext const> router_tls;  // see RouterAccess
    DubSettings dub;                                          // without its token
    // Of the Lease by which this replica leads; null: it is alone.
    std::shared_ptr<net::Fence const> fence = {};
};

enum class OperatorAction { restart, stop, reset };
std::string_view name(OperatorAction action);

// Is told what happens, in order. Called on the loop, from inside the control plane: it must not
// call back.
class ControlPlaneObserver {
public:
    virtual ~ControlPlaneObserver() = default;
    virtual void on_transition(Transition const& transition) = 0;
    virtual void on_worker_exit(std::string const& stream_id, WorkerExit const& exit) = 0;
    // pid: nullopt if the worker is not a process of this machine.
    virtual void on_worker_start(std::string const& stream_id, std::optional<int> pid) = 0;
    // A worker runs that we did not start.
    virtual void on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                                   std::optional<int> pid) = 0;
    // The output can be read. after: the time since the stream was first known to be live.
    virtual void on_output_readable(std::string const& stream_id,
                                    std::chrono::nanoseconds after) = 0;
    // A not-ready hook of a source that the stream is not bound to was ignored.
    virtual void on_stale_hint(std::string const& stream_id) = 0;
    // The list of a router was read, or could not be.
    virtual void on_resync(ListStatus const& status) = 0;
    // A complete list; comes before the on_resync() of the same list.
    virtual void on_list(std::string const& /*router*/, std::vector<PathItem> const&, Time) {}
    // What a router says of one path; item: null: it has no such path.
    virtual void on_look(std::string const& /*router*/, base::StreamPath const&,
                         PathItem const* /*item*/, Time) {}
    // Two routers have the same stream.
    virtual void on_router_conflict(RouterConflict const&) {}
    // A router has come, or is gone for good.
    virtual void on_router(std::string const& /*router*/, bool /*there*/) {}
    // Something that is shown of the stream may have changed.
    virtual void on_change(std::string_view /*stream_id*/) {}
    // A line that the stream's worker has printed.
    virtual void on_worker_line(std::string const& /*stream_id*/, std::string_view /*line*/) {}
    // What was said in a fragment of a dub.
    virtual void on_worker_caption(std::string const& /*stream_id*/, DubCaption const&) {}
    // A dub is heard now, or the original instead of it, or the reason has changed.
    virtual void on_dub_mode(std::string const& /*stream_id*/, DubReport const&) {}
    // A worker is started for a publisher that asks for languages which are not offered.
    virtual void on_dub_refused(std::string const& /*stream_id*/,
                                std::vector<std::string> const& /*languages*/) {}
    // A router listens at other addresses than before.
    virtual void on_router_doors(std::string const& /*router*/, RouterDoors const&) {}
    // An operator's command has begun.
    virtual void on_operate(std::string const& /*stream_id*/, OperatorAction) {}
};

class ControlPlane final : WorkerListener, Routers::Listener {
public:
    // backend and observer must outlive this.
    ControlPlane(boost::asio::io_context& io, ControlPlaneSettings settings, WorkerBackend& backend,
                 ControlPlaneObserver& observer);
    ~ControlPlane() override;
    ControlPlane(ControlPlane const&) = delete;
    ControlPlane& operator=(ControlPlane const&) = delete;

    // Has the backend list and watch the workers. Routers are read once that list is there.
    // The error is a sentence.
    std::expected<void, std::string> start();
    // Ends the reading of lists and closes the backend. With stop_workers, all workers are first
    // asked to end, those that are left after `deadline` are killed, and this returns when none is
    // left. Without it, the workers go on.
    boost::asio::awaitable<void> stop(bool stop_workers, std::chrono::milliseconds deadline);

    // A hook of live/<id>/in has arrived. It is a hint: it leads to a look at this path, and
    // decides nothing. sender: the IP address that it came from, which tells the router; may be
    // empty.
    void hint_ready(std::string_view stream_id, std::string_view source_id, std::string_view query,
                    std::string_view sender = {});
    void hint_not_ready(std::string_view stream_id, std::string_view source_id,
                        std::string_view sender = {});
    // A hook of live/<id>/out has arrived. It leads to a look at this path.
    void hint_output(std::string_view stream_id, std::string_view sender = {});

    // What an operator asks for. False: the stream is not known, and nothing happens.
    bool operate(std::string_view stream_id, OperatorAction action);

    // Who tells which destinations a stream has; without it, none are shown.
    using DestinationsOf = std::function<std::vector<DestinationView>(std::string const&)>;
    void show_destinations(DestinationsOf of) { destinations_of_ = std::move(of); }

    // Copies of what is known of one stream (nullopt: nothing), and of all, sorted by id.
    std::optional<StreamView> view(std::string_view stream_id) const {
        auto view = fleet().view(stream_id);
        if (view) complete(*view);
        return view;
    }
    std::vector<StreamView> views() const;
    // The view of a stream whose state was got from fleet().
    StreamView view_of(std::string_view stream_id, StreamState const& state) const {
        auto view = make_view(stream_id, state, settings_.policy);
        complete(view);
        return view;
    }
    Fleet const& fleet() const { return driver_.fleet(); }
    std::optional<int> pid_of(WorkerHandle handle) const { return backend_.pid_of(handle); }
    std::optional<WorkerPlace> place_of(WorkerHandle handle) const {
        return backend_.place_of(handle);
    }
    Routers const& routers() const { return routers_; }
    DesiredStreams const& desired() const { return desired_; }
    std::vector<RejectedParam> const& rejected_params(std::string_view stream_id) const {
        return desired_.rejected(stream_id);
    }

private:
    // Routers::Listener
    void on_router(std::string const& name) override;
    void on_router_gone(std::string const& name) override;
    void on_list(RouterWatch const& router, std::vector<PathItem> const& items,
                 Time asked) override;
    void on_list_failed(RouterWatch const& router) override;
    void on_look(RouterWatch const& router, base::StreamPath const& path, PathItem const* item,
                 Time asked) override;
    void on_query(RouterWatch const& router, base::StreamPath const& path, PathItem const* item,
                  std::optional<std::string> const& query, Time asked) override;
    void on_doors(RouterWatch const& router, RouterDoors const& doors) override;

    // WorkerListener
    void on_worker_event(std::string const& stream_id, Event const& event) override;
    void on_worker_line(std::string const& stream_id, std::string_view line) override;
    void on_worker_caption(std::string const& stream_id, DubCaption const& caption) override;
    void on_listed() override;

    void handle(std::string_view stream_id, Event const& event);
    void handle_all(std::vector<StreamEvent> const& events);
    void arm_looks();
    void look_for_late_hooks();
    void tell_observer(std::string const& stream_id, Event const& event);
    void tell_dub_modes(std::string const& stream_id, event::WorkerStatus const& status);
    void tell_refused_dubs(Command const& command);
    void complete(StreamView& view) const;
    void add_dubs(StreamView& view) const;

    ControlPlaneSettings const settings_;
    WorkerBackend& backend_;
    ControlPlaneObserver& observer_;
    FleetDriver driver_;
    DesiredStreams desired_;
    Routers routers_;
    boost::asio::steady_timer late_hooks_;  // when a stream has waited long enough for its hook
    std::optional<Time> armed_for_;         // what it is set to; nullopt: it is not
    bool stopping_ = false;
    DestinationsOf destinations_of_;
    // Live streams whose output cannot be read yet, and since when each is known to be live.
    std::unordered_map<std::string, Time> waiting_for_output_;
};

}  // namespace tidegate::orchestrator
