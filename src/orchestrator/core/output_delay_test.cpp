// A worker that dubs sends its output later than it gets its input. For so long it has no progress
// to tell, and must not be taken for one that hangs.
#include <gtest/gtest.h>

#include "orchestrator/core/fleet.hpp"

namespace tidegate::orchestrator {
namespace {

struct OutputDelayTest : testing::Test {
    void handle(Event const& event) { fleet.handle("demo", event, now, effects); }
    StateKind state_after(Duration time) {
        now += time;
        fleet.advance(now, effects);
        return fleet.view("demo")->state;
    }
    void SetUp() override {
        policy.output_delay = std::chrono::seconds{60};
        handle(event::Desired{{"A", "rtmpConn", Params{}}});
        handle(event::WorkerSpawned{1, WorkerHandle{42}});
        handle(event::WorkerReady{1});
    }
    Policy policy;
    Fleet fleet{policy, 1};
    Time now{};
    Effects effects;
    Duration const second = std::chrono::seconds{1};
};

TEST_F(OutputDelayTest, IsNoHangAtTheBeginning) {
    EXPECT_EQ(state_after(policy.output_delay + policy.watchdog - second), StateKind::running);
    EXPECT_EQ(state_after(second), StateKind::stopping);
}

TEST_F(OutputDelayTest, IsNoHangWhenTheSourceIsExchanged) {
    now += policy.output_delay;
    handle(event::WorkerProgress{1});
    EXPECT_EQ(state_after(second), StateKind::running);
    handle(event::Desired{{"B", "rtmpConn", Params{}}});
    EXPECT_EQ(state_after(policy.output_delay + policy.watchdog - second), StateKind::running);
    EXPECT_EQ(state_after(2 * second), StateKind::stopping);
}

TEST_F(OutputDelayTest, OnceMediaHasFlowedTheWatchdogCountsAlone) {
    now += policy.output_delay;
    handle(event::WorkerProgress{1});
    EXPECT_EQ(state_after(policy.watchdog - second), StateKind::running);
    EXPECT_EQ(state_after(second), StateKind::stopping);
}

}  // namespace
}  // namespace tidegate::orchestrator
