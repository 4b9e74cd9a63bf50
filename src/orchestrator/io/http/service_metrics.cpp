#include "orchestrator/io/http/service_metrics.hpp"

#include <algorithm>

namespace tidegate::orchestrator {

namespace {

constexpr HookType kTypes[] = {HookType::ready, HookType::not_ready};

// What label() of core/worker_exit.hpp returns.
constexpr char const* kExitReasons[] = {"stopped",   "configuration", "input",  "output",
                                        "transient", "internal",      "signal", "unknown",
                                        "spawn",     "other"};

// In seconds. To receive an event takes tens of microseconds.
std::vector<double> receive_buckets() {
    return {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1};
}

std::size_t index(HookType type) {
    return static_cast<std::size_t>(type);
}

}  // namespace

ServiceMetrics::ServiceMetrics()
    : duration_(registry_.histogram("tidegate_hook_receive_seconds",
                                    "Checking, noting and logging one hook event",
                                    receive_buckets())),
      known_(registry_.gauge("tidegate_streams_known",
                             "Streams that events have named and that are kept")),
      live_(registry_.gauge("tidegate_streams_live",
                            "Streams whose last event says that a side is live")),
      router_(registry_.gauge("tidegate_router_reachable",
                              "1: all routers answered their last question")),
      starts_(registry_.counter("tidegate_worker_starts_total", "Workers started")),
      forward_starts_(registry_.counter("tidegate_forwarder_starts_total", "Forwarders started")),
      handshakes_of_address_(registry_.counter(
          "tidegate_tls_handshakes_refused_total",
          "Connections closed on arrival: too many TLS handshakes", {{"reason", "address"}})),
      handshakes_in_all_(registry_.counter("tidegate_tls_handshakes_refused_total",
                                           "Connections closed on arrival: too many TLS handshakes",
                                           {{"reason", "all"}})),
      stale_(registry_.counter("tidegate_stale_hints_total",
                               "Not-ready hooks of a source that was not the bound one")),
      conflicts_(registry_.counter("tidegate_router_conflicts_total",
                                   "Streams that were found at two routers at the same time")),
      dubs_(registry_.counter("tidegate_dub_mode_changes_total",
                              "Changes of what is heard of a stream that is to be dubbed",
                              {{"mode", "dubbed"}})),
      originals_(registry_.counter("tidegate_dub_mode_changes_total",
                                   "Changes of what is heard of a stream that is to be dubbed",
                                   {{"mode", "original"}})),
      failed_resyncs_(registry_.counter("tidegate_resync_failures_total",
                                        "Looks at the router's list that failed or were partial")),
      resync_duration_(registry_.histogram("tidegate_resync_seconds",
                                           "One look at the router's list, all pages",
                                           metrics::latency_buckets())),
      output_delay_(registry_.histogram("tidegate_output_readable_seconds",
                                        "From a stream known to be live to its output readable",
                                        metrics::latency_buckets())),
      list_age_(registry_.gauge("tidegate_last_good_list_age_seconds",
                                "Age of the oldest last complete list of a router; -1: one has "
                                "given none")),
      waiting_(registry_.gauge("tidegate_streams_waiting_for_slot",
                               "Live streams that wait because max-workers is reached")),
      degraded_(registry_.gauge("tidegate_streams_degraded",
                                "Running streams of which only sound or only the picture goes "
                                "through, as their workers say")),
      doubled_(registry_.gauge("tidegate_streams_on_several_routers",
                               "Live streams that more than one router has")) {
    for (std::size_t i = 0; i < kStateKinds; ++i) {
        states_[i] = &registry_.gauge("tidegate_streams", "Streams by state",
                                      {{"state", std::string(name(static_cast<StateKind>(i)))}});
    }
    for (char const* const reason : kExitReasons) {
        exits_[reason] = &registry_.counter("tidegate_worker_exits_total", "Ends of workers",
                                            {{"reason", reason}});
        forward_exits_[reason] = &registry_.counter("tidegate_forwarder_exits_total",
                                                    "Ends of forwarders", {{"reason", reason}});
    }
    for (auto const type : kTypes) {
        for (auto const outcome :
             {HookOutcome::accepted, HookOutcome::repeated, HookOutcome::stale}) {
            received_[index(type)][static_cast<std::size_t>(outcome)] = &registry_.counter(
                "tidegate_hook_events_total", "Hook events taken, by type and outcome",
                {{"type", std::string(name(type))}, {"outcome", std::string(name(outcome))}});
        }
        for (auto const status : kHookRefusals) refusals(type, status);
    }
}

void ServiceMetrics::received(HookType type, HookOutcome outcome, std::chrono::nanoseconds took) {
    received_[index(type)][static_cast<std::size_t>(outcome)]->Increment();
    duration_.Observe(std::chrono::duration<double>(took).count());
}

void ServiceMetrics::refused(HookType type, unsigned status) {
    refusals(type, status).Increment();
}

metrics::Counter& ServiceMetrics::refusals(HookType type, unsigned status) {
    return registry_.counter(
        "tidegate_hook_events_refused_total", "Hook events refused, by type and status",
        {{"type", std::string(name(type))}, {"status", std::to_string(status)}});
}

void ServiceMetrics::handshakes_refused(std::uint64_t of_address, std::uint64_t in_all) {
    auto const bring = [](metrics::Counter& counter, std::uint64_t to) {
        counter.Increment(static_cast<double>(to) - counter.Value());
    };
    bring(handshakes_of_address_, of_address);
    bring(handshakes_in_all_, in_all);
}

void ServiceMetrics::streams(std::size_t known, std::size_t live) {
    known_.Set(static_cast<double>(known));
    live_.Set(static_cast<double>(live));
}

void ServiceMetrics::router_reachable(bool reachable) {
    router_.Set(reachable ? 1 : 0);
}

void ServiceMetrics::worker_exited(std::string_view reason) {
    if (auto const found = exits_.find(reason); found != exits_.end()) found->second->Increment();
}

void ServiceMetrics::forwarder_exited(std::string_view reason) {
    auto const found = forward_exits_.find(reason);
    if (found != forward_exits_.end()) found->second->Increment();
}

void ServiceMetrics::output_readable(std::chrono::nanoseconds after) {
    output_delay_.Observe(std::chrono::duration<double>(after).count());
}

void ServiceMetrics::resynced(std::chrono::nanoseconds took, bool complete) {
    resync_duration_.Observe(std::chrono::duration<double>(took).count());
    if (!complete) failed_resyncs_.Increment();
}

void ServiceMetrics::states(std::array<std::size_t, kStateKinds> const& by_state,
                            std::size_t waiting, std::size_t degraded, std::size_t doubled,
                            std::optional<std::chrono::nanoseconds> list_age) {
    for (std::size_t i = 0; i < kStateKinds; ++i) states_[i]->Set(static_cast<double>(by_state[i]));
    waiting_.Set(static_cast<double>(waiting));
    degraded_.Set(static_cast<double>(degraded));
    doubled_.Set(static_cast<double>(doubled));
    list_age_.Set(list_age ? std::chrono::duration<double>(*list_age).count() : -1);
}

}  // namespace tidegate::orchestrator
