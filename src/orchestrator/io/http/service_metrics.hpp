// Metrics of media-service. Label sets are small and fixed: never a stream id. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/registry.hpp"
#include "orchestrator/core/state.hpp"
#include "orchestrator/io/http/stream_book.hpp"

namespace tidegate::orchestrator {

class ServiceMetrics {
public:
    ServiceMetrics();

    void received(EventType type, Outcome outcome, std::chrono::nanoseconds took);
    void refused(EventType type, unsigned status);
    void streams(std::size_t known, std::size_t live);
    void router_reachable(bool reachable);

    void worker_started() { starts_.Increment(); }
    void worker_exited(std::string_view reason);
    void output_readable(std::chrono::nanoseconds after);
    void stale_hint() { stale_.Increment(); }
    void looked(std::chrono::nanoseconds took, bool complete);
    // Just before the text is made: what is counted elsewhere.
    void states(std::array<std::size_t, kStateKinds> const& by_state, std::size_t waiting,
                std::size_t degraded, std::optional<std::chrono::nanoseconds> list_age);

    metrics::Registry& registry() { return registry_; }

private:
    static constexpr std::size_t kOutcomes = 3;
    static constexpr std::array<unsigned, 4> kRefusals{400, 415, 422, 429};

    metrics::Registry registry_;
    std::array<std::array<metrics::Counter*, kOutcomes>, 2> received_{};
    std::array<std::array<metrics::Counter*, kRefusals.size()>, 2> refused_{};
    metrics::Histogram& duration_;
    metrics::Gauge& known_;
    metrics::Gauge& live_;
    metrics::Gauge& router_;
    metrics::Counter& starts_;
    metrics::Counter& stale_;
    metrics::Counter& failed_looks_;
    metrics::Histogram& look_duration_;
    metrics::Histogram& output_delay_;
    metrics::Gauge& list_age_;
    metrics::Gauge& waiting_;
    metrics::Gauge& degraded_;
    std::array<metrics::Gauge*, kStateKinds> states_{};
    std::map<std::string, metrics::Counter*, std::less<>> exits_;
};

}  // namespace tidegate::orchestrator
