// The control loop of media-service (design §6): reads the router's list of paths again and again,
// tells the fleet what it has seen, has the worker backend carry out what the fleet decides, and
// tells the fleet what the backend reports. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/task_group.hpp"
#include "orchestrator/core/desired.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/io/router/router_list.hpp"

namespace tidegate::orchestrator {

// Looks that hints ask for start at least this far apart: a flood of hooks costs the router a
// bounded share, and a lone one is acted on at once.
inline constexpr std::chrono::milliseconds kLookSpacing{20};

// Hints about one side of one stream ask for a look at once, then at most this often: ten thousand
// events a second on one stream must not make us read the whole list all the time. The last of them
// is always followed by a look.
inline constexpr std::chrono::milliseconds kHintSpacing{200};

// A look answers within milliseconds; one that does not is unknown.
inline constexpr std::chrono::milliseconds kLookDeadline{2'000};

// A timer that fires so much too late tells that we were held up ourselves (stopped, or starved):
// workers get the time of one watchdog message before their silence is held against them.
inline constexpr std::chrono::milliseconds kHeldUp{1'000};

struct ControlPlaneSettings {
    Policy policy;
    std::string router_api;  // http://host[:port]
    Login router_login;
};

// How the last looks at the router went.
struct ListStatus {
    std::optional<Time> last_complete;
    std::string error;  // of the last look; empty: it was complete
    std::chrono::nanoseconds took{};
};

// Told of what happens, in order, from the loop; for the log, the metrics and the event stream.
class ControlPlaneObserver {
public:
    virtual ~ControlPlaneObserver() = default;
    virtual void on_transition(Transition const& transition) = 0;
    virtual void on_worker_exit(std::string const& stream_id, WorkerExit const& exit) = 0;
    // pid: if the worker is a process of this machine.
    virtual void on_worker_start(std::string const& stream_id, std::optional<int> pid) = 0;
    // A worker runs that we did not start.
    virtual void on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                                   std::optional<int> pid) = 0;
    // From the moment that the stream was first known to be live.
    virtual void on_output_readable(std::string const& stream_id,
                                    std::chrono::nanoseconds after) = 0;
    virtual void on_stale_hint(std::string const& stream_id) = 0;
    virtual void on_look(ListStatus const& status) = 0;
};

enum class OperatorAction { restart, stop, reset };

class ControlPlane final : WorkerListener {
public:
    // backend and observer outlive this.
    ControlPlane(boost::asio::io_context& io, ControlPlaneSettings settings, WorkerBackend& backend,
                 ControlPlaneObserver& observer);
    ~ControlPlane() override;
    ControlPlane(ControlPlane const&) = delete;
    ControlPlane& operator=(ControlPlane const&) = delete;

    // Begins to watch workers; once those that run are known, begins to look at the router. The
    // error is a sentence.
    std::expected<void, std::string> start();
    // Ends looking and watching. stop_workers: all workers are asked to end, those that remain at
    // the deadline are killed, and this returns when none is left. Else they go on.
    boost::asio::awaitable<void> stop(bool stop_workers, std::chrono::milliseconds deadline);

    // A hook for live/<id>/in, as it was received; carries no authority.
    void hint_ready(std::string_view stream_id, std::string_view source_id, std::string_view query);
    void hint_not_ready(std::string_view stream_id, std::string_view source_id);
    // A hook for live/<id>/out: its worth is the look.
    void hint_output(std::string_view stream_id);

    // False: no such stream.
    bool operate(std::string_view stream_id, OperatorAction action);

    std::optional<StreamView> view(std::string_view stream_id) const {
        return fleet_.view(stream_id);
    }
    std::vector<StreamView> views() const { return fleet_.views(); }
    Fleet const& fleet() const { return fleet_; }
    std::optional<int> pid_of(WorkerHandle handle) const { return backend_.pid_of(handle); }
    Policy const& policy() const { return settings_.policy; }
    ListStatus const& list_status() const { return list_status_; }
    std::vector<RejectedParam> const& rejected_params(std::string_view stream_id) const {
        return desired_.rejected(stream_id);
    }

private:
    // WorkerListener
    void on_worker_event(std::string const& stream_id, Event const& event) override;
    void on_listed() override;

    void handle(std::string_view stream_id, Event const& event);
    void finish(Output& output);
    void arm_timer();
    void timer_fired(Time armed_for);
    void hinted(std::string hint);
    void look_at(Time when);
    void note_event(std::string const& stream_id, Event const& event);
    boost::asio::awaitable<void> look_for_ever();
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> end_workers(Time kill_at);

    boost::asio::io_context& io_;
    ControlPlaneSettings const settings_;
    WorkerBackend& backend_;
    ControlPlaneObserver& observer_;
    Fleet fleet_;
    Desired desired_;
    RouterList list_;
    net::TaskGroup tasks_;
    boost::asio::steady_timer wake_;      // of look_for_ever
    boost::asio::steady_timer deadline_;  // of the fleet
    std::optional<Time> armed_for_;
    Time patient_until_{};  // no timer of the fleet before that
    Time next_look_ = Time::max();
    std::map<std::string, Time, std::less<>> hints_;  // when each last asked for a look at once
    bool stopping_ = false;
    ListStatus list_status_;
    // When a live stream without readable output was first known to be live.
    std::map<std::string, Time, std::less<>> waiting_for_output_;
};

}  // namespace tidegate::orchestrator
