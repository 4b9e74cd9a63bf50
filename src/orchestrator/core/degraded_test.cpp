// A stream whose worker runs but says that something is wrong is shown as degraded. Nothing else
// follows from it.
#include <gtest/gtest.h>

#include "orchestrator/core/fleet.hpp"

namespace tidegate::orchestrator {
namespace {

struct DegradedTest : testing::Test {
    void handle(Event const& event) { fleet.handle("demo", event, now, effects); }
    void say(std::string trouble) {
        effects = {};
        handle(event::WorkerStatus{1, "at work", std::move(trouble)});
    }
    void SetUp() override {
        handle(event::Desired{{"A", "rtmpConn", Params{}}});
        handle(event::WorkerSpawned{1, WorkerHandle{42}});
        handle(event::WorkerReady{1});
        ASSERT_EQ(state_name(*fleet.view("demo")), "running");
    }
    Policy policy;
    Fleet fleet{policy, 1};
    Time now{};
    Effects effects;
};

TEST_F(DegradedTest, IsToldAndShownWithItsReasonUntilTheWorkerIsWhole) {
    say("no picture comes in while sound does");
    auto const view = *fleet.view("demo");
    EXPECT_EQ(view.state, StateKind::running);
    EXPECT_EQ(state_name(view), "degraded");
    EXPECT_EQ(view.reason, "the worker runs, but no picture comes in while sound does");
    EXPECT_EQ(fleet.degraded(), 1U);
    ASSERT_EQ(effects.transitions.size(), 1U);
    EXPECT_EQ(effects.transitions[0].from_name, "running");
    EXPECT_EQ(effects.transitions[0].to_name, "degraded");

    say("no picture comes in while sound does");
    EXPECT_TRUE(effects.transitions.empty()) << "told once";
    say("");
    ASSERT_EQ(effects.transitions.size(), 1U);
    EXPECT_EQ(effects.transitions[0].to_name, "running");
    EXPECT_EQ(fleet.degraded(), 0U);
}

TEST_F(DegradedTest, EndsWithTheWorker) {
    say("no sound comes in while the picture does");
    handle(event::WorkerExited{1, {WorkerExit::Kind::code, 40}});
    EXPECT_EQ(state_name(*fleet.view("demo")), "backing-off");
    EXPECT_EQ(fleet.degraded(), 0U);
}

}  // namespace
}  // namespace tidegate::orchestrator
