// Publishes what forwarders do: log lines, counts, and server-sent events of the stream. One event
// loop.
#pragma once

#include <string_view>

#include "orchestrator/io/http/activity_reporter.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/router/forward_plane.hpp"

namespace tidegate::orchestrator {

class ForwardReporter final : public ForwardObserver {
public:
    // Both must outlive this.
    ForwardReporter(ServiceMetrics& metrics, ActivityReporter& activity)
        : metrics_(metrics), activity_(activity) {}

    void on_forward_transition(ForwardName const& name, Transition const& transition) override;
    void on_forward_start(ForwardName const& name, std::optional<int> pid) override;
    void on_forward_adopted(ForwardName const& name, std::optional<int> pid) override;
    void on_forward_exit(ForwardName const& name, WorkerExit const& exit) override;
    void on_forward_phase(ForwardName const& name, DestinationView const& now) override;
    void on_forward_line(ForwardName const& name, std::string_view line) override;
    // An operator has added, removed, switched or restarted a destination.
    void on_operate(ForwardName const& name, std::string_view action);

private:
    ServiceMetrics& metrics_;
    ActivityReporter& activity_;
};

}  // namespace tidegate::orchestrator
