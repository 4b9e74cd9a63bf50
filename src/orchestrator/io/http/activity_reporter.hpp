// Publishes what the control plane does: each thing that happens becomes a log line, a count in the
// metrics, and a server-sent event. One event loop.
#pragma once

#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

class ActivityReporter final : public ControlPlaneObserver {
public:
    // Both must outlive this.
    ActivityReporter(ServiceMetrics& metrics, EventFeed& feed) : metrics_(metrics), feed_(feed) {}

    // A hook event was accepted (HookReceiver has logged and counted it).
    void on_hook(HookEvent const& event);

    void on_transition(Transition const& transition) override;
    void on_worker_exit(std::string const& stream_id, WorkerExit const& exit) override;
    void on_worker_start(std::string const& stream_id, std::optional<int> pid) override;
    void on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                           std::optional<int> pid) override;
    void on_output_readable(std::string const& stream_id, std::chrono::nanoseconds after) override;
    void on_stale_hint(std::string const& stream_id) override;
    void on_resync(ListStatus const& status) override;

    // The last reading of the router's list was complete.
    bool router_reachable() const { return reachable_.value_or(false); }
    // Why it was not; empty: it was.
    std::string const& router_error() const { return router_error_; }

private:
    ServiceMetrics& metrics_;
    EventFeed& feed_;
    std::optional<bool> reachable_;  // nullopt: the router has not been asked yet
    std::string router_error_ = "the router has not been asked yet";
};

}  // namespace tidegate::orchestrator
