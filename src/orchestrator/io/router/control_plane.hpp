// The control loop of media-service. It reads the router's list of paths again and again (a
// resync), tells the fleet what it has seen, has the worker backend carry out what the fleet
// decides, and tells the fleet what the backend reports. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/task_group.hpp"
#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/io/router/fleet_driver.hpp"
#include "orchestrator/io/router/router_doors.hpp"
#include "orchestrator/io/router/router_list.hpp"

namespace tidegate::orchestrator {

// The time between two resyncs is at least this long. A single hook is followed by a resync at
// once; many hooks cost the router a bounded share of its time.
inline constexpr std::chrono::milliseconds kResyncSpacing{20};

// Hooks of one path ask for a resync at most this often: ten thousand hooks a second about one
// stream must not make us read the whole list all the time. The last hook is always followed by a
// resync.
inline constexpr std::chrono::milliseconds kHintSpacing{200};

// For each request to the router, which normally takes milliseconds. A request that takes longer
// has failed, and the list is unknown.
inline constexpr std::chrono::milliseconds kResyncDeadline{2'000};

// How often the router is asked where it listens. It may be told to listen elsewhere at any time.
inline constexpr std::chrono::seconds kDoorsInterval{10};

struct ControlPlaneSettings {
    Policy policy;
    std::string router_api;  // the router's Control API: "http://127.0.0.1:9997"
    Login router_login;
    std::shared_ptr<net::TlsClientContext const> router_tls;  // see RouterAccess
    DubSettings dub;                                          // without its token
};

// How the last resyncs went.
struct ListStatus {
    std::optional<Time> last_complete;  // nullopt: there was no complete list yet
    std::string error;                  // of the last resync; empty: its list was complete
    std::chrono::nanoseconds took{};    // the last resync
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
    virtual void on_resync(ListStatus const& status) = 0;
    // A complete list; comes before the on_resync() of the same resync.
    virtual void on_list(std::vector<PathItem> const&, Time) {}
    // A line that the stream's worker has printed.
    virtual void on_worker_line(std::string const& /*stream_id*/, std::string_view /*line*/) {}
    // What was said in a fragment of a dub.
    virtual void on_worker_caption(std::string const& /*stream_id*/, DubCaption const&) {}
    // A dub is heard now, or the original instead of it, or the reason has changed.
    virtual void on_dub_mode(std::string const& /*stream_id*/, DubReport const&) {}
    // A worker is started for a publisher that asks for languages which are not offered.
    virtual void on_dub_refused(std::string const& /*stream_id*/,
                                std::vector<std::string> const& /*languages*/) {}
    // The router listens at other addresses than before.
    virtual void on_router_doors(RouterDoors const&) {}
    // An operator's command has begun.
    virtual void on_operate(std::string const& /*stream_id*/, OperatorAction) {}
};

class ControlPlane final : WorkerListener {
public:
    // backend and observer must outlive this.
    ControlPlane(boost::asio::io_context& io, ControlPlaneSettings settings, WorkerBackend& backend,
                 ControlPlaneObserver& observer);
    ~ControlPlane() override;
    ControlPlane(ControlPlane const&) = delete;
    ControlPlane& operator=(ControlPlane const&) = delete;

    // Has the backend list and watch the workers. The first resync comes once the list is there.
    // The error is a sentence.
    std::expected<void, std::string> start();
    // Ends the resyncs and closes the backend. With stop_workers, all workers are first asked to
    // end, those that are left after `deadline` are killed, and this returns when none is left.
    // Without it, the workers go on.
    boost::asio::awaitable<void> stop(bool stop_workers, std::chrono::milliseconds deadline);

    // A hook of live/<id>/in has arrived. It is a hint: it leads to a resync, and decides nothing.
    void hint_ready(std::string_view stream_id, std::string_view source_id, std::string_view query);
    void hint_not_ready(std::string_view stream_id, std::string_view source_id);
    // A hook of live/<id>/out has arrived. It leads to a resync.
    void hint_output(std::string_view stream_id);

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
    Fleet const& fleet() const { return driver_.fleet(); }
    std::optional<int> pid_of(WorkerHandle handle) const { return backend_.pid_of(handle); }
    ListStatus const& list_status() const { return list_status_; }
    std::vector<RejectedParam> const& rejected_params(std::string_view stream_id) const {
        return desired_.rejected(stream_id);
    }

private:
    // WorkerListener
    void on_worker_event(std::string const& stream_id, Event const& event) override;
    void on_worker_line(std::string const& stream_id, std::string_view line) override;
    void on_worker_caption(std::string const& stream_id, DubCaption const& caption) override;
    void on_listed() override;

    void handle(std::string_view stream_id, Event const& event);
    void hinted(std::string hint);
    void resync_at(Time when);
    void tell_observer(std::string const& stream_id, Event const& event);
    void tell_dub_modes(std::string const& stream_id, event::WorkerStatus const& status);
    void tell_refused_dubs(Command const& command);
    void complete(StreamView& view) const;
    void add_dubs(StreamView& view) const;
    boost::asio::awaitable<void> resync_for_ever();
    boost::asio::awaitable<void> resync();
    boost::asio::awaitable<void> look_at_doors();
    boost::asio::awaitable<void> look_at_doors_of_clients();
    boost::asio::awaitable<void> look_what_is_recorded();

    boost::asio::io_context& io_;
    ControlPlaneSettings const settings_;
    WorkerBackend& backend_;
    ControlPlaneObserver& observer_;
    FleetDriver driver_;
    DesiredStreams desired_;
    RouterApi api_;
    RouterList list_;
    net::TaskGroup tasks_;
    boost::asio::steady_timer wake_;  // ends the wait of resync_for_ever
    Time next_resync_ = Time::max();
    // By path: when a hook of it last led to a resync without a wait.
    std::map<std::string, Time, std::less<>> hints_;
    bool stopping_ = false;
    DestinationsOf destinations_of_;
    ListStatus list_status_;
    std::optional<RouterDoors> doors_;  // nullopt: not known yet
    Time next_look_at_doors_{};
    // Entries of the router's configuration whose paths are recorded.
    std::set<std::string, std::less<>> recorded_entries_;
    // Live streams whose output cannot be read yet, and since when each is known to be live.
    std::map<std::string, Time, std::less<>> waiting_for_output_;
};

}  // namespace tidegate::orchestrator
