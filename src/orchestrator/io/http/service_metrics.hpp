// The metrics of media-service. Labels have few and fixed values, never a stream's id, so the
// number of series does not grow. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/registry.hpp"
#include "orchestrator/core/state.hpp"
#include "orchestrator/io/http/hook_history.hpp"

namespace tidegate::orchestrator {

// The statuses with which hook_receiver.hpp and the HTTP server refuse events. Their series are
// there from the start, so that an alert sees the first refusal.
inline constexpr unsigned kHookRefusals[] = {400, 401, 403, 408, 411, 413, 415, 422, 503};

class ServiceMetrics {
public:
    ServiceMetrics();

    // A hook event was not refused. took: the time from its request to its answer.
    void received(HookType type, HookOutcome outcome, std::chrono::nanoseconds took);
    // A hook event was refused with this status.
    void refused(HookType type, unsigned status);
    // What hooks say: how many streams they have named, and how many of them they call live.
    void streams(std::size_t known, std::size_t live);
    void router_reachable(bool reachable);

    void worker_started() { starts_.Increment(); }
    void worker_exited(std::string_view reason);  // label() of core/worker_exit.hpp
    void forwarder_started() { forward_starts_.Increment(); }
    void forwarder_exited(std::string_view reason);
    // after: the time since the stream was first known to be live.
    void output_readable(std::chrono::nanoseconds after);
    // Since the start of the program (net/handshake_limit.hpp).
    void handshakes_refused(std::uint64_t of_address, std::uint64_t in_all);
    void stale_hint() { stale_.Increment(); }
    void router_conflict() { conflicts_.Increment(); }
    // The dub of a stream is heard from now on, or the original instead of it.
    void dub_mode(bool dubbed) { (dubbed ? dubs_ : originals_).Increment(); }
    void resynced(std::chrono::nanoseconds took, bool complete);
    // Sets the gauges that others count; to be called just before the text is made. doubled:
    // streams that several routers have. list_age: since the last complete list of the router that
    // was silent for longest; nullopt: one has given none.
    void states(std::array<std::size_t, kStateKinds> const& by_state, std::size_t waiting,
                std::size_t degraded, std::size_t doubled,
                std::optional<std::chrono::nanoseconds> list_age);

    metrics::Registry& registry() { return registry_; }

private:
    static constexpr std::size_t kOutcomes = 3;

    // The series of this status. It is made when it is first asked for, so none is forgotten.
    metrics::Counter& refusals(HookType type, unsigned status);

    metrics::Registry registry_;
    std::array<std::array<metrics::Counter*, kOutcomes>, 2> received_{};
    metrics::Histogram& duration_;
    metrics::Gauge& known_;
    metrics::Gauge& live_;
    metrics::Gauge& router_;
    metrics::Counter& starts_;
    metrics::Counter& forward_starts_;
    metrics::Counter& handshakes_of_address_;
    metrics::Counter& handshakes_in_all_;
    metrics::Counter& stale_;
    metrics::Counter& conflicts_;
    metrics::Counter& dubs_;
    metrics::Counter& originals_;
    metrics::Counter& failed_resyncs_;
    metrics::Histogram& resync_duration_;
    metrics::Histogram& output_delay_;
    metrics::Gauge& list_age_;
    metrics::Gauge& waiting_;
    metrics::Gauge& degraded_;
    metrics::Gauge& doubled_;
    std::array<metrics::Gauge*, kStateKinds> states_{};
    using Exits = std::map<std::string, metrics::Counter*, std::less<>>;
    Exits exits_, forward_exits_;
};

}  // namespace tidegate::orchestrator
