#include "orchestrator/io/http/cluster_metrics.hpp"

#include "metrics/registry.hpp"

namespace tidegate::orchestrator {

std::string cluster_metrics(kubernetes::Reach const* reach) {
    metrics::Registry registry;
    registry
        .gauge("tidegate_cluster_reachable", "1: the API server answers; also without a cluster")
        .Set(reach == nullptr || reach->reachable() ? 1 : 0);
    for (auto const cause : kubernetes::Reach::kCauses) {
        auto& counter = registry.counter("tidegate_cluster_failures_total",
                                         "Requests to the API server that failed, by reason",
                                         {{"reason", std::string(kubernetes::name(cause))}});
        if (reach != nullptr) counter.Increment(static_cast<double>(reach->failures(cause)));
    }
    return registry.text();
}

}  // namespace tidegate::orchestrator
