// Tells the world what the control plane does: a log line, metrics and a server-sent event for each
// thing that happens. One event loop.
#pragma once

#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/http/stream_book.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

class Reporter final : public ControlPlaneObserver {
public:
    Reporter(ServiceMetrics& metrics, EventFeed& feed) : metrics_(metrics), feed_(feed) {}

    void on_hook(HookEvent const& event);

    void on_transition(Transition const& transition) override;
    void on_worker_exit(std::string const& stream_id, WorkerExit const& exit) override;
    void on_worker_start(std::string const& stream_id, std::optional<int> pid) override;
    void on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                           std::optional<int> pid) override;
    void on_output_readable(std::string const& stream_id, std::chrono::nanoseconds after) override;
    void on_stale_hint(std::string const& stream_id) override;
    void on_look(ListStatus const& status) override;

    bool router_reachable() const { return reachable_.value_or(false); }
    std::string const& router_error() const { return router_error_; }

private:
    ServiceMetrics& metrics_;
    EventFeed& feed_;
    std::optional<bool> reachable_;  // unset: the router has not been asked yet
    std::string router_error_ = "the router has not been asked yet";
};

}  // namespace tidegate::orchestrator
