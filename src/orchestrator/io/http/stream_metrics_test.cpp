#include "orchestrator/io/http/stream_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StreamView stream_of_metrics(std::string id, StateKind state) {
    StreamView view;
    view.stream_id = std::move(id);
    view.state = state;
    return view;
}

TEST(StreamMetrics, NameTheStateOfEachStream) {
    auto degraded = stream_of_metrics("b", StateKind::running);
    degraded.worker.emplace().trouble = "no picture comes in while sound does";
    auto const text = stream_metrics({stream_of_metrics("a", StateKind::backing_off), degraded}, 2);
    EXPECT_THAT(text, HasSubstr(R"(tidegate_stream_state{state="backing-off",stream="a"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(tidegate_stream_state{state="degraded",stream="b"} 1)"));
}

TEST(StreamMetrics, SayWhatTheRouterAndTheWorkerSay) {
    auto view = stream_of_metrics("a", StateKind::running);
    view.restarts = 3;
    view.input_stalled = true;
    view.output_readable = true;
    view.worker.emplace().figures = {25.0, 24.5, 2.0, 0.5, -40.0};
    auto const text = stream_metrics({view}, 1);
    EXPECT_THAT(text, HasSubstr("# TYPE tidegate_stream_restarts_total counter\n"));
    for (auto const* const line :
         {R"(tidegate_stream_restarts_total{stream="a"} 3)",
          R"(tidegate_stream_input_stalled{stream="a"} 1)",
          R"(tidegate_stream_output_readable{stream="a"} 1)",
          R"(tidegate_stream_pictures_per_second{direction="in",stream="a"} 25)",
          R"(tidegate_stream_pictures_per_second{direction="out",stream="a"} 24.5)",
          R"(tidegate_stream_keyframe_interval_seconds{stream="a"} 2)",
          R"(tidegate_stream_worker_delay_seconds{stream="a"} 0.0005)",
          R"(tidegate_stream_av_offset_seconds{stream="a"} -0.04)"}) {
        EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
    }
}

TEST(StreamMetrics, WhatTheWorkerDoesNotSayHasNoSeries) {
    auto silent = stream_of_metrics("a", StateKind::running);
    silent.worker.emplace().figures.fps_in = 30.0;
    auto const text = stream_metrics({silent, stream_of_metrics("b", StateKind::idle)}, 2);
    EXPECT_THAT(text, HasSubstr("tidegate_stream_pictures_per_second"));
    EXPECT_THAT(text, Not(HasSubstr("direction=\"out\"")));
    EXPECT_THAT(text, Not(HasSubstr("tidegate_stream_av_offset_seconds")));
    EXPECT_THAT(text, HasSubstr(R"(tidegate_stream_input_stalled{stream="b"} 0)"));
}

TEST(StreamMetrics, SayWhatIsHeardOfADubAndWhy) {
    auto view = stream_of_metrics("a", StateKind::running);
    auto& dub = view.dubs.emplace_back();
    dub.language = "es";
    dub.mode = "dubbed";
    dub.sent = 12;
    dub.dubbed = 9;
    dub.fallbacks = {{"late", 2}, {"timed_out", 1}};
    dub.in_flight = 2;
    dub.rtt_p50_ms = 800;
    dub.rtt_p95_ms = 1500;
    dub.breaker = "half-open";
    dub.reconnections = 4;
    dub.backpressure = 5;
    dub.delay_ms = 10'000;
    auto& refused = view.dubs.emplace_back();
    refused.language = "xx";
    refused.mode = "original";
    auto const text = stream_metrics({view}, 1);
    for (auto const* const line :
         {R"(tidegate_stream_dubbed{language="es",stream="a"} 1)",
          R"(tidegate_stream_dubbed{language="xx",stream="a"} 0)",
          R"(tidegate_stream_dub_sent_total{language="es",stream="a"} 12)",
          R"(tidegate_stream_dub_fragments_total{language="es",stream="a"} 9)",
          R"(tidegate_stream_dub_fallbacks_total{language="es",reason="late",stream="a"} 2)",
          R"(tidegate_stream_dub_fallbacks_total{language="es",reason="timed_out",stream="a"} 1)",
          R"(tidegate_stream_dub_in_flight{language="es",stream="a"} 2)",
          R"(tidegate_stream_dub_round_trip_seconds{language="es",percentile="50",stream="a"} 0.8)",
          R"(tidegate_stream_dub_round_trip_seconds{language="es",percentile="95",stream="a"} 1.5)",
          R"(tidegate_stream_dub_breaker_state{language="es",stream="a"} 1)",
          R"(tidegate_stream_dub_reconnections_total{language="es",stream="a"} 4)",
          R"(tidegate_stream_dub_backpressure_total{language="es",stream="a"} 5)",
          R"(tidegate_stream_dub_delay_seconds{language="es",stream="a"} 10)"}) {
        EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
    }
    EXPECT_THAT(text, Not(HasSubstr(R"(breaker_state{language="xx")")));
}

TEST(StreamMetrics, WithoutStreamsThereIsNothing) {
    auto const text = stream_metrics({}, 7);
    EXPECT_THAT(text, HasSubstr("\ntidegate_streams_without_series 7\n"));
    EXPECT_THAT(text, Not(HasSubstr("{")));
}

}  // namespace
}  // namespace tidegate::orchestrator
