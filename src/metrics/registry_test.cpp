#include "metrics/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, ASeriesIsThereAtZeroBeforeAnythingHappened) {
    Registry registry;
    registry.counter("events_total", "Events received.", {{"kind", "ready"}});
    EXPECT_EQ(registry.text(),
              "# HELP events_total Events received.\n"
              "# TYPE events_total counter\n"
              "events_total{kind=\"ready\"} 0\n");
}

TEST(Registry, TheSameNameAndLabelsAreTheSameSeries) {
    Registry registry;
    registry.counter("a_total", "A.", {{"x", "1"}}).Increment();
    registry.counter("a_total", "A.", {{"x", "1"}}).Increment(2);
    EXPECT_THAT(registry.text(), HasSubstr("a_total{x=\"1\"} 3\n"));
}

TEST(Registry, SeriesStandInTheOrderOfTheirLabels) {
    Registry registry;
    for (auto const* id : {"c", "a", "b"}) registry.gauge("g", "G.", {{"id", id}}).Set(1);
    EXPECT_THAT(registry.text(), HasSubstr("g{id=\"a\"} 1\ng{id=\"b\"} 1\ng{id=\"c\"} 1\n"));
}

TEST(Registry, ARemovedSeriesIsGoneAndMayComeBackAtZero) {
    Registry registry;
    auto& gauge = registry.gauge("g", "G.", {{"id", "a"}});
    gauge.Set(7);
    registry.remove(gauge);
    EXPECT_THAT(registry.text(), Not(HasSubstr("id=\"a\"")));
    registry.gauge("g", "G.", {{"id", "a"}});
    EXPECT_THAT(registry.text(), HasSubstr("g{id=\"a\"} 0\n"));
}

TEST(Registry, AHistogramHasItsBucketsSumAndCount) {
    Registry registry;
    auto& histogram = registry.histogram("h_seconds", "H.", {0.1, 1});
    histogram.Observe(0.5);
    auto const text = registry.text();
    EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"0.1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"+Inf\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("h_seconds_count 1\n"));
    EXPECT_THAT(text, HasSubstr("h_seconds_sum 0.5\n"));
}

TEST(Registry, LabelValuesAreEscaped) {
    Registry registry;
    registry.gauge("g", "G.", {{"v", "a\"b\\c\nd"}});
    EXPECT_THAT(registry.text(), HasSubstr(R"(g{v="a\"b\\c\nd"} 0)"));
}

TEST(Registry, ANameThatPrometheusRefusesIsABug) {
    Registry registry;
    EXPECT_ANY_THROW(registry.counter("not a name", "x"));
}

}  // namespace
}  // namespace tidegate::metrics
