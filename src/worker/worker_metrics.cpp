#include "worker/worker_metrics.hpp"

#include <chrono>

#include "metrics/registry.hpp"
#include "net/remote_lease.hpp"
#include "worker/relay.hpp"

namespace tidegate::worker {

namespace {

void count_tracks(metrics::Registry& registry, std::string const& direction,
                  std::vector<TrackCounts> const& tracks) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        metrics::Labels const labels{{"direction", direction}, {"track", std::to_string(i)}};
        registry
            .counter("tidegate_worker_units_total", "Access units, by direction and track.", labels)
            .Increment(static_cast<double>(tracks[i].units));
        registry
            .counter("tidegate_worker_bytes_total", "Payload bytes, by direction and track.",
                     labels)
            .Increment(static_cast<double>(tracks[i].bytes));
    }
}

void add_delays(metrics::Registry& registry, DelayHistogram const& delays) {
    auto const& bounds = DelayHistogram::kUpperBounds;
    std::vector<double> const counts(delays.counts().begin(), delays.counts().end());
    registry
        .histogram("tidegate_worker_input_to_output_seconds",
                   "From the arrival of a unit's last packet to its write.",
                   {bounds.begin(), bounds.end()})
        .ObserveMultiple(counts, delays.sum_seconds());
}

double seconds(std::chrono::nanoseconds value) {
    return std::chrono::duration<double>(value).count();
}

// None before the lease was taken: then `until` is as early as can be.
std::chrono::nanoseconds left_of(net::Fence const& fence) {
    auto const now = net::Fence::Clock::now();
    return fence.until > now ? fence.until - now : std::chrono::nanoseconds{0};
}

// The names are those of the speech service's specification.
void add_dub(metrics::Registry& registry, DubStatus const& dub, Statistics const& statistics) {
    metrics::Labels const language{{"language", dub.language}};
    auto const labeled = [&](char const* name, std::string const& value) {
        auto labels = language;
        labels.emplace(name, value);
        return labels;
    };
    auto const counter = [&](char const* name, char const* help, std::uint64_t value,
                             metrics::Labels const& labels) {
        registry.counter(name, help, labels).Increment(static_cast<double>(value));
    };
    auto const gauge = [&](char const* name, char const* help, double value) {
        registry.gauge(name, help, language).Set(value);
    };
    counter("worker_audio_fragments_total", "Fragments of sound that were cut.", dub.fragments,
            language);
    counter("worker_dubbed_total", "Fragments that were heard dubbed.", dub.heard_dubbed, language);
    for (auto const& [reason, count] : dub.fallbacks) {
        counter("worker_fallback_total", "Fragments in which the original was heard, by reason.",
                count, labeled("reason", reason));
    }
    for (auto const& [action, count] : dub.backpressure) {
        counter("worker_backpressure_events_total",
                "Times that the speech service asked for less, or for no less any more.", count,
                labeled("action", action));
    }
    counter("worker_reconnection_total", "Attempts to reach the speech service after the first.",
            dub.reconnections, language);
    counter("worker_dub_units_dropped_total",
            "Pictures that did not fit into the memory of the delay.", dub.units_dropped, language);
    counter("worker_dub_units_damaged_total", "Units of the source's sound that were damaged.",
            dub.units_damaged, language);
    gauge("worker_inflight_fragments", "Fragments that the speech service works on.",
          static_cast<double>(dub.in_flight));
    gauge("worker_sts_breaker_state", "The circuit breaker: 0 closed, 1 half open, 2 open.",
          dub.breaker);
    gauge(
        "worker_av_sync_delta_ms",
        "How much later than the sound the picture goes out, against what the input says of both.",
        seconds(statistics.av_offset) * 1000);
    gauge("worker_dub_active", "1 while the dub is heard, 0 while the original is.",
          dub.dubbed ? 1 : 0);
    gauge("worker_dub_delay_seconds", "How much later than the input the output is.",
          static_cast<double>(dub.delay.count()) / 1000);
    registry
        .histogram("worker_sts_rtt_ms", "From sending a fragment to its dub.",
                   {RoundTrips::kUpperBounds.begin(), RoundTrips::kUpperBounds.end()}, language)
        .ObserveMultiple({dub.round_trips.counts.begin(), dub.round_trips.counts.end()},
                         dub.round_trips.sum);
}

}  // namespace

std::string render_metrics(MetricsView const& view) {
    auto const& statistics = view.statistics;
    metrics::Registry registry;
    count_tracks(registry, "in", statistics.in());
    count_tracks(registry, "out", statistics.out());
    auto const counter = [&](char const* name, char const* help, std::uint64_t value) {
        registry.counter(name, help).Increment(static_cast<double>(value));
    };
    auto const gauge = [&](char const* name, char const* help, double value,
                           metrics::Labels const& labels = {}) {
        registry.gauge(name, help, labels).Set(value);
    };
    counter("tidegate_worker_reconnections_total", "Attempts to get a lost input back.",
            statistics.reconnections);
    counter("tidegate_worker_rtp_packets_lost_total", "RTP packets missing from the input.",
            statistics.packets_lost);
    counter("tidegate_worker_units_dropped_total", "Units that the output did not take in time.",
            statistics.units_dropped);
    counter("tidegate_worker_source_gaps_total",
            "Times that the output went on without the source.", statistics.gaps);
    counter("tidegate_worker_units_filled_total", "Units that were made in the source's place.",
            statistics.units_filled);
    counter("tidegate_worker_lease_failures_total", "Renewals of the worker's Lease that failed.",
            view.failed_renewals);
    gauge("tidegate_worker_lease_left_seconds",
          "For how long the worker may publish without a renewal of its Lease; -1: it has none.",
          view.lease_left ? seconds(*view.lease_left) : -1);
    gauge("tidegate_worker_source_held", "1 while the output goes on without the source.",
          view.held);
    add_delays(registry, statistics.delays());
    gauge(
        "tidegate_worker_av_offset_seconds",
        "How much later than the sound the picture goes out, against what the input says of both.",
        seconds(statistics.av_offset));
    gauge("tidegate_worker_av_interleave_seconds",
          "Newest video minus newest audio that went out, in media time: the order of sending.",
          seconds(statistics.av_interleave()));
    gauge("tidegate_worker_input_playing", "1 while the input plays.", view.input_playing);
    gauge("tidegate_worker_output_accepted", "1 while the output is accepted.",
          view.output_accepted);
    gauge("tidegate_worker_degraded",
          "1 while a kind of track does not go through; the label says which.",
          view.trouble.empty() ? 0 : 1, {{"reason", view.trouble}});
    gauge("tidegate_worker_last_error_info", "Always 1; the label has the last error, or nothing.",
          1, {{"error", statistics.last_error}});
    gauge("tidegate_worker_info", "Always 1; the labels tell whose run this is.", 1,
          {{"stream_id", view.settings.stream_id},
           {"run_id", view.settings.run_id},
           {"params", describe_params(view.settings.params)}});
    for (auto const* const dub : view.dubs) add_dub(registry, *dub, statistics);
    return registry.text();
}

WorkerMetrics::WorkerMetrics(boost::asio::io_context& io, std::string const& address,
                             Relay const& relay)
    : server_(io, address, [&relay] {
          MetricsView view{relay.statistics(),    relay.stage_settings(),
                           relay.input_playing(), relay.output_accepted(),
                           relay.trouble(),       !relay.holding().empty(),
                           relay.dub_status()};
          if (auto const* const fence = relay.fence()) {
              view.failed_renewals = fence->failed_renewals;
              view.lease_left = left_of(*fence);
          }
          return render_metrics(view);
      }) {}

}  // namespace tidegate::worker
