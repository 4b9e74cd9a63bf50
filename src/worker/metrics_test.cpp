#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/worker_metrics.hpp"

namespace tidegate::worker {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(WorkerMetrics, AreRenderedFromTheStatistics) {
    Statistics statistics;
    media::Unit unit;
    unit.track = 1;
    unit.payload = base::SharedBytes::copy_of(base::Bytes(100));
    endpoint::ArrivalTime const now{std::chrono::seconds{10}};
    statistics.count_in(unit, now);
    statistics.count_out(unit, media::Kind::audio);
    statistics.flushed(now + std::chrono::milliseconds{2});
    statistics.reconnections = 3;
    statistics.packets_lost = 4;
    statistics.units_dropped = 5;
    statistics.gaps = 6;
    statistics.units_filled = 7;
    statistics.av_offset = std::chrono::milliseconds{-3};
    statistics.last_error = "EOF";
    StageSettings const settings{"demo", "run-1", {{"lang", "es"}, {"token", "geheim"}}};
    auto const text = render_metrics({statistics,
                                      settings,
                                      true,
                                      false,
                                      "no picture comes in",
                                      true,
                                      {},
                                      8,
                                      std::chrono::milliseconds{1500}});
    for (auto const* const line : {
             "tidegate_worker_units_total{direction=\"in\",track=\"1\"} 1\n",
             "tidegate_worker_bytes_total{direction=\"out\",track=\"1\"} 100\n",
             "tidegate_worker_reconnections_total 3\n",
             "tidegate_worker_rtp_packets_lost_total 4\n",
             "tidegate_worker_degraded{reason=\"no picture comes in\"} 1\n",
             "tidegate_worker_units_dropped_total 5\n",
             "tidegate_worker_source_gaps_total 6\n",
             "tidegate_worker_units_filled_total 7\n",
             "tidegate_worker_source_held 1\n",
             "tidegate_worker_lease_failures_total 8\n",
             "tidegate_worker_lease_left_seconds 1.5\n",
             "tidegate_worker_input_to_output_seconds_bucket{le=\"0.001\"} 0\n",
             "tidegate_worker_input_to_output_seconds_bucket{le=\"0.0025\"} 1\n",
             "tidegate_worker_input_to_output_seconds_bucket{le=\"+Inf\"} 1\n",
             "tidegate_worker_input_to_output_seconds_sum 0.002\n",
             "tidegate_worker_av_offset_seconds -0.003\n",
             "tidegate_worker_av_interleave_seconds 0\n",
             "tidegate_worker_input_playing 1\n",
             "tidegate_worker_output_accepted 0\n",
             "tidegate_worker_last_error_info{error=\"EOF\"} 1\n",
             "tidegate_worker_info{params=\"lang=es token=***\",run_id=\"run-1\","
             "stream_id=\"demo\"} 1\n",
         }) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_THAT(text, Not(HasSubstr("geheim")));
}

TEST(WorkerMetrics, HaveThoseOfADubWhereThereIsOne) {
    Statistics const statistics;
    StageSettings const settings{"demo", "run-1", {}};
    DubStatus dub;
    dub.language = "es";
    dub.fragments = 9;
    dub.fallbacks = {{"late", 2}};
    dub.backpressure = {{"pause", 1}};
    dub.breaker = 2;
    dub.delay = std::chrono::milliseconds{2500};
    dub.round_trips.counts[3] = 4;
    dub.round_trips.sum = 1400;
    MetricsView view{statistics, settings, true, true, ""};
    EXPECT_THAT(render_metrics(view), Not(HasSubstr("worker_sts")));
    EXPECT_THAT(render_metrics(view), HasSubstr("tidegate_worker_lease_left_seconds -1\n"));
    view.dubs = {&dub};
    auto const text = render_metrics(view);
    for (auto const* const line : {
             "worker_audio_fragments_total{language=\"es\"} 9\n",
             "worker_fallback_total{language=\"es\",reason=\"late\"} 2\n",
             "worker_backpressure_events_total{action=\"pause\",language=\"es\"} 1\n",
             "worker_sts_breaker_state{language=\"es\"} 2\n",
             "worker_dub_active{language=\"es\"} 0\n",
             "worker_dub_delay_seconds{language=\"es\"} 2.5\n",
             "worker_sts_rtt_ms_bucket{language=\"es\",le=\"250\"} 0\n",
             "worker_sts_rtt_ms_bucket{language=\"es\",le=\"500\"} 4\n",
             "worker_sts_rtt_ms_sum{language=\"es\"} 1400\n",
         }) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

}  // namespace
}  // namespace tidegate::worker
