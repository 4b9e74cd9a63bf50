#include "orchestrator/io/http/service_metrics.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "orchestrator/core/worker_exit.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;

std::string value(ServiceMetrics& metrics, std::string const& series) {
    std::istringstream lines(metrics.registry().text());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    }
    return "absent";
}

TEST(ServiceMetrics, EverySeriesIsThereFromTheStart) {
    ServiceMetrics metrics;
    for (auto const* const type : {"ready", "not-ready"}) {
        for (auto const* const outcome : {"accepted", "repeated", "stale"}) {
            EXPECT_EQ(value(metrics, std::string("tidegate_hook_events_total{outcome=\"") +
                                         outcome + "\",type=\"" + type + "\"}"),
                      "0");
        }
        for (auto const* const status :
             {"400", "401", "403", "408", "411", "413", "415", "422", "503"}) {
            EXPECT_EQ(value(metrics, std::string("tidegate_hook_events_refused_total{status=\"") +
                                         status + "\",type=\"" + type + "\"}"),
                      "0");
        }
    }
    for (auto const* const state :
         {"idle", "starting", "running", "stopping", "backing-off", "failed"}) {
        EXPECT_EQ(value(metrics, std::string("tidegate_streams{state=\"") + state + "\"}"), "0");
    }
    for (auto const* const name :
         {"tidegate_worker_starts_total", "tidegate_stale_hints_total",
          "tidegate_resync_failures_total", "tidegate_resync_seconds_count",
          "tidegate_output_readable_seconds_count", "tidegate_streams_waiting_for_slot"}) {
        EXPECT_EQ(value(metrics, name), "0") << name;
    }
}

TEST(ServiceMetrics, EveryRefusalIsCountedWhateverItsStatus) {
    ServiceMetrics metrics;
    for (auto const status : {411U, 422U, 499U}) {
        metrics.refused(HookType::not_ready, status);
        metrics.refused(HookType::not_ready, status);
        auto const labels = "{status=\"" + std::to_string(status) + "\",type=\"";
        EXPECT_EQ(value(metrics, "tidegate_hook_events_refused_total" + labels + "not-ready\"}"),
                  "2");
    }
    EXPECT_EQ(value(metrics, "tidegate_hook_events_refused_total{status=\"411\",type=\"ready\"}"),
              "0");
}

TEST(ServiceMetrics, EveryKindOfExitHasItsSeries) {
    ServiceMetrics metrics;
    constexpr int kCodes = 256;
    std::vector<WorkerExit> exits;
    exits.reserve(kCodes);
    for (int code = 0; code < kCodes; ++code) exits.push_back({WorkerExit::Kind::code, code});
    for (auto const kind :
         {WorkerExit::Kind::signal, WorkerExit::Kind::unknown, WorkerExit::Kind::not_started}) {
        exits.push_back({kind, 9});
    }
    std::map<std::string, int> expected;
    for (auto const& exit : exits) {
        metrics.worker_exited(label(exit));
        ++expected[std::string(label(exit))];
    }
    for (auto const& [reason, count] : expected) {
        EXPECT_EQ(value(metrics, "tidegate_worker_exits_total{reason=\"" + reason + "\"}"),
                  std::to_string(count));
    }
}

TEST(ServiceMetrics, CountsWhatHappens) {
    ServiceMetrics metrics;
    metrics.received(HookType::ready, HookOutcome::stale, milliseconds{1});
    metrics.refused(HookType::not_ready, 422);
    metrics.output_readable(milliseconds{120});
    metrics.resynced(milliseconds{3}, false);
    metrics.resynced(milliseconds{3}, true);
    metrics.states({1, 2, 3, 4, 5, 6}, 7, 2, 3, milliseconds{1500});
    metrics.router_conflict();
    EXPECT_EQ(value(metrics, R"(tidegate_hook_events_total{outcome="stale",type="ready"})"), "1");
    EXPECT_EQ(
        value(metrics, R"(tidegate_hook_events_refused_total{status="422",type="not-ready"})"),
        "1");
    EXPECT_EQ(value(metrics, R"(tidegate_output_readable_seconds_bucket{le="0.1"})"), "0");
    EXPECT_EQ(value(metrics, R"(tidegate_output_readable_seconds_bucket{le="0.25"})"), "1");
    EXPECT_EQ(value(metrics, "tidegate_resync_seconds_count"), "2");
    EXPECT_EQ(value(metrics, "tidegate_resync_failures_total"), "1");
    metrics.handshakes_refused(3, 0);
    metrics.handshakes_refused(5, 1);
    EXPECT_EQ(value(metrics, R"(tidegate_tls_handshakes_refused_total{reason="address"})"), "5");
    EXPECT_EQ(value(metrics, R"(tidegate_tls_handshakes_refused_total{reason="all"})"), "1");
    EXPECT_EQ(value(metrics, R"(tidegate_streams{state="running"})"), "3");
    EXPECT_EQ(value(metrics, "tidegate_streams_waiting_for_slot"), "7");
    EXPECT_EQ(value(metrics, "tidegate_streams_degraded"), "2");
    EXPECT_EQ(value(metrics, "tidegate_streams_on_several_routers"), "3");
    EXPECT_EQ(value(metrics, "tidegate_router_conflicts_total"), "1");
    EXPECT_EQ(value(metrics, "tidegate_last_good_list_age_seconds"), "1.5");
    metrics.states({}, 0, 0, 0, std::nullopt);
    EXPECT_EQ(value(metrics, "tidegate_last_good_list_age_seconds"), "-1");
    EXPECT_FALSE(metrics.registry().text().contains("418"));
}

}  // namespace
}  // namespace tidegate::orchestrator
