// Keeps one forwarder for each destination of each stream that has an output, with the machine that
// keeps workers: a fleet of its own, and a backend of its own. It sees the lists that the control
// plane reads. A forwarder's trouble touches neither the stream's worker nor its output. One event
// loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/desired_forwards.hpp"
#include "orchestrator/core/destination_view.hpp"
#include "orchestrator/core/worker_backend.hpp"
#include "orchestrator/io/router/egress.hpp"
#include "orchestrator/io/router/fleet_driver.hpp"

namespace tidegate::orchestrator {

// Is told what happens, in order. Called on the loop, from inside the forward plane: it must not
// call back.
class ForwardObserver {
public:
    virtual ~ForwardObserver() = default;
    virtual void on_forward_transition(ForwardName const& name, Transition const& transition) = 0;
    virtual void on_forward_start(ForwardName const& name, std::optional<int> pid) = 0;
    virtual void on_forward_adopted(ForwardName const& name, std::optional<int> pid) = 0;
    virtual void on_forward_exit(ForwardName const& name, WorkerExit const& exit) = 0;
    // What a forwarder says of its destination has changed: another phase, another error.
    virtual void on_forward_phase(ForwardName const& name, DestinationView const& now) = 0;
    // A line that a forwarder has printed.
    virtual void on_forward_line(ForwardName const& name, std::string_view line) = 0;
};

// The policy of forwarders, with the durations of the policy of workers.
Policy forward_policy(Policy workers, std::size_t max_forwarders);

class ForwardPlane final : WorkerListener {
public:
    // Where streams are.
    struct Streams {
        DesiredForwards::RouterOf router_of;                     // that has the stream
        std::function<void(std::string const& stream_id)> look;  // has its output looked at
    };
    // All must outlive this. fence: see FleetDriver::Hooks.
    ForwardPlane(boost::asio::io_context& io, Policy policy, Egress& egress, WorkerBackend& backend,
                 ForwardObserver& observer, Streams streams,
                 std::shared_ptr<net::Fence const> fence = {});
    ForwardPlane(ForwardPlane const&) = delete;
    ForwardPlane& operator=(ForwardPlane const&) = delete;

    // Has the backend list and watch the forwarders. The error is a sentence.
    std::expected<void, std::string> start();
    // Closes the backend; with stop_forwarders, as ControlPlane::stop() does with workers.
    boost::asio::awaitable<void> stop(bool stop_forwarders, std::chrono::milliseconds deadline);

    // A router is there, or is gone for good.
    void on_router(std::string const& router, bool there);
    // A complete list of a router.
    void on_list(std::string const& router, std::vector<PathItem> const& items);
    // What a router says of one path.
    void on_look(std::string const& router, PathItem const& item);
    // Destinations of this stream may have changed.
    void refresh(std::string const& stream_id);
    // Starts the forwarder anew, and forgives what went wrong. False: there is none.
    bool restart(ForwardName const& name);

    std::vector<DestinationView> views(std::string const& stream_id) const;
    std::optional<DestinationView> view(ForwardName const& name) const;
    Fleet const& fleet() const { return driver_.fleet(); }
    std::optional<int> pid_of(WorkerHandle handle) const { return backend_.pid_of(handle); }

private:
    // WorkerListener
    void on_worker_event(std::string const& name, Event const& event) override;
    void on_worker_line(std::string const& name, std::string_view line) override;
    void on_listed() override { listed_ = true; }

    void handle_all(std::vector<StreamEvent> const& events);
    void tell_observer(ForwardName const& name, Event const& event);
    void tell_phase(ForwardName const& name);
    void forget_phases();

    Policy const policy_;
    Egress& egress_;
    WorkerBackend& backend_;
    ForwardObserver& observer_;
    Streams const streams_;
    FleetDriver driver_;
    DesiredForwards desired_;
    // By name: what the observer was last told of the phase.
    std::map<std::string, std::pair<std::string, std::string>, std::less<>> phases_;
    bool listed_ = false;  // the forwarders that ran before us are known
    bool stopping_ = false;
};

}  // namespace tidegate::orchestrator
