#include "orchestrator/core/graph_history.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{100'000s};
constexpr auto kFps = static_cast<std::size_t>(Measure::fps);
constexpr auto kRestarts = static_cast<std::size_t>(Measure::restarts);

Sample sample(double fps, double restarts = 0) {
    Sample made;
    made[kFps] = fps;
    made[kRestarts] = restarts;
    return made;
}

TEST(GraphHistory, AStepHasTheMeanOfItsSamplesAndTheLastNumberOfRestarts) {
    GraphHistory history;
    EXPECT_TRUE(history.empty());
    history.add(sample(20, 1), kStart);
    history.add(sample(30, 2), kStart + 2s);
    history.add(sample(40, 3), kStart + 4s);
    auto const steps = history.steps();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0][kFps], 30);
    EXPECT_EQ(steps[0][kRestarts], 3);
    EXPECT_EQ(steps[0][0], std::nullopt);
    EXPECT_EQ(history.newest(), kStart);
}

TEST(GraphHistory, StepsWithoutSamplesAreGapsAndNotMissing) {
    GraphHistory history;
    history.add(sample(10), kStart);
    history.add(sample(20), kStart + 15s);
    auto const steps = history.steps();
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_EQ(steps[0][kFps], 10);
    EXPECT_EQ(steps[1][kFps], std::nullopt);
    EXPECT_EQ(steps[2][kFps], std::nullopt);
    EXPECT_EQ(steps[3][kFps], 20);
}

TEST(GraphHistory, KeepsAQuarterOfAnHour) {
    GraphHistory history;
    for (int i = 0; i < 1000; ++i) history.add(sample(i), kStart + i * kHistoryStep);
    auto const steps = history.steps();
    ASSERT_EQ(steps.size(), kHistorySteps);
    EXPECT_EQ(steps.front()[kFps], 1000 - static_cast<double>(kHistorySteps));
    EXPECT_EQ(steps.back()[kFps], 999);
    EXPECT_EQ(history.newest(), kStart + 999 * kHistoryStep);
}

TEST(GraphHistory, ALongSilenceLeavesNothingOld) {
    GraphHistory history;
    for (int i = 0; i < 300; ++i) history.add(sample(i), kStart + i * kHistoryStep);
    history.add(sample(7), kStart + 24h);
    auto const steps = history.steps();
    ASSERT_EQ(steps.size(), kHistorySteps);
    EXPECT_EQ(steps.back()[kFps], 7);
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) EXPECT_EQ(steps[i][kFps], std::nullopt);
}

TEST(GraphHistory, ASampleThatIsNotKnownChangesNothing) {
    GraphHistory history;
    history.add(sample(25), kStart);
    history.add({}, kStart + 1s);
    EXPECT_EQ(history.steps().at(0)[kFps], 25);
}

}  // namespace
}  // namespace tidegate::orchestrator
