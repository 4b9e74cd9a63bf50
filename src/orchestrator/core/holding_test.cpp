// A worker may fill its output while its source is away. Its stream is shown so, in the grace
// period and before the router knows; what the machine does is the same.
#include <gtest/gtest.h>

#include "orchestrator/core/fleet.hpp"

namespace tidegate::orchestrator {
namespace {

struct HoldingTest : testing::Test {
    void handle(Event const& event) { fleet.handle("demo", event, now, effects); }
    void say(std::string holding) {
        effects = {};
        handle(event::WorkerStatus{1, "at work", "", std::move(holding)});
    }
    std::string_view state() { return state_name(*fleet.view("demo")); }
    void SetUp() override {
        handle(event::Desired{{"A", "rtmpConn", Params{}}});
        handle(event::WorkerSpawned{1, WorkerHandle{42}});
        handle(event::WorkerReady{1});
        ASSERT_EQ(state(), "running");
    }
    Policy policy;
    Fleet fleet{policy, 1};
    Time now{};
    Effects effects;
};

TEST_F(HoldingTest, IsToldWithItsReason) {
    say("EOF");
    EXPECT_EQ(state(), "holding");
    EXPECT_EQ(fleet.view("demo")->reason, "the output goes on without the source: EOF");
    ASSERT_EQ(effects.transitions.size(), 1U);
    EXPECT_EQ(effects.transitions[0].to_name, "holding");
    say("EOF");
    EXPECT_TRUE(effects.transitions.empty()) << "told once";
    say("");
    EXPECT_EQ(state(), "running");
}

TEST_F(HoldingTest, KeepsItsWorkerThroughTheGracePeriodAndNoLonger) {
    say("EOF");
    handle(event::NotDesired{});
    EXPECT_EQ(state(), "holding");
    EXPECT_TRUE(fleet.view("demo")->reason.ends_with("and its output with it"));
    effects = {};
    now += policy.grace - std::chrono::milliseconds{1};
    handle(event::WorkerProgress{1});
    fleet.advance(now, effects);
    EXPECT_TRUE(effects.commands.empty());
    now += std::chrono::milliseconds{1};
    fleet.advance(now, effects);
    ASSERT_EQ(effects.commands.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<action::Stop>(effects.commands[0].action));
    EXPECT_EQ(state(), "stopping");
}

TEST_F(HoldingTest, GoesOnWithTheSameWorkerWhenTheSourceReturns) {
    say("EOF");
    handle(event::NotDesired{});
    now += policy.grace / 2;
    effects = {};
    handle(event::Desired{{"B", "rtmpConn", Params{}}});
    EXPECT_TRUE(effects.commands.empty());
    say("");
    EXPECT_EQ(state(), "running");
    EXPECT_EQ(fleet.view("demo")->attempt, 1U);
}

}  // namespace
}  // namespace tidegate::orchestrator
