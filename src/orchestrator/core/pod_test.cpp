// What Pods say, pinned to what a real cluster (1.34) was seen to write.
#include "orchestrator/core/pod.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>

#include "orchestrator/core/pod_objects_test.hpp"

namespace tidegate::orchestrator {
namespace {

using testing::HasSubstr;

PodFacts facts_of(PodObject const& pod) {
    auto facts = parse_pod(to_json(pod));
    EXPECT_TRUE(facts) << facts.error();
    return facts.value_or(PodFacts{});
}

std::string exit_of(PodObject const& pod) {
    auto const facts = facts_of(pod);
    return facts.exit ? describe(*facts.exit) : "alive";
}

TEST(Pod, SaysWhoseItIs) {
    auto const facts = facts_of({.node = "n1", .state = kRunningState});
    EXPECT_EQ(facts.name, base::label_name("worker-", "demo"));
    EXPECT_EQ(facts.uid, "uid-1");
    EXPECT_EQ(facts.version, 10U);
    EXPECT_EQ(facts.stream_id, "demo");
    EXPECT_EQ(facts.run_id, "run-1");
    EXPECT_EQ(facts.params, (Params{{"lang", "es"}}));
    EXPECT_EQ(facts.node, "n1");
    EXPECT_EQ(facts.ip, "10.0.0.7");
    EXPECT_TRUE(facts.running);
    EXPECT_FALSE(facts.ready) << "its probe has not succeeded yet";
    EXPECT_TRUE(facts.created);
}

TEST(Pod, SettingsThatCannotBeReadAreNotKnown) {
    for (auto const* const text : {"", "[]", R"({\"lang\":1})", R"({\"BAD KEY\":\"x\"})"}) {
        EXPECT_EQ(facts_of({.params = text}).params, std::nullopt) << text;
    }
    EXPECT_EQ(facts_of({.params = "{}"}).params, Params{});
}

TEST(Pod, WithoutAStreamIsNone) {
    EXPECT_FALSE(parse_pod(boost::json::value()));
    EXPECT_FALSE(parse_pod(to_json({.stream = "no/stream"})));
    EXPECT_FALSE(parse_pod(to_json({.stream = ""})));
    EXPECT_FALSE(parse_pod(to_json({.uid = ""})));
    auto no_number = to_json({});
    no_number.as_object()["metadata"].as_object()["resourceVersion"] = "x7";
    EXPECT_FALSE(parse_pod(no_number));
}

TEST(Pod, IsReadyWhenItsContainerRunsAndItsProbeSucceeds) {
    EXPECT_TRUE(
        facts_of({.node = "n", .state = kRunningState, .conditions = kReadyCondition}).ready);
    EXPECT_FALSE(
        facts_of({.node = "n", .state = waiting("X"), .conditions = kReadyCondition}).ready);
}

// A short-lived container is terminated while the phase is still Pending.
TEST(Pod, HasEndedWhenItsContainerHasWhateverThePhaseIs) {
    EXPECT_EQ(exit_of({.phase = "Pending", .node = "n", .state = terminated(0, "Completed")}),
              "stopped or source ended (exit 0)");
    EXPECT_EQ(exit_of({.phase = "Running", .node = "n", .state = terminated(10, "Error")}),
              "configuration error (exit 10)");
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .state = terminated(143, "Error")}),
              "killed by signal 15 (SIGTERM)");
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .state = terminated(255, "Error")}),
              "exit code outside the contract (exit 255)");
}

TEST(Pod, NamesTheReasonOfItsEndInWords) {
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .state = terminated(137, "OOMKilled")}),
              "killed by signal 9 (SIGKILL): OOMKilled (it used more memory than its limit)");
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .state = terminated(128, "StartError")}),
              "could not be started: StartError (its program cannot be started)");
    EXPECT_EQ(exit_of({.phase = "Failed",
                       .node = "n",
                       .state = terminated(137, "Error"),
                       .pod_reason = "Evicted"}),
              "killed by signal 9 (SIGKILL): Evicted (its node ran short of something)");
    EXPECT_THAT(
        exit_of(
            {.phase = "Failed",
             .node = "n",
             .state = terminated(143, "Error"),
             .conditions =
                 R"({"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","message":"drained"})"}),
        HasSubstr("somebody has evicted it, as a drain of its node does): drained"));
}

TEST(Pod, ThatNeverRanHasFailedWithAReason) {
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .pod_reason = "Evicted"}),
              "could not be started: Evicted (its node ran short of something)");
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .pod_reason = "OutOfcpu"}),
              "could not be started: OutOfcpu");
}

// The node controller and the garbage collector write phases of Pods that they cannot see.
TEST(Pod, IsAliveAsLongAsItsContainerIsSaidToRun) {
    EXPECT_EQ(exit_of({.phase = "Failed", .node = "n", .state = kRunningState}), "alive");
    EXPECT_EQ(exit_of({.phase = "Unknown", .node = "n", .state = kRunningState}), "alive");
    EXPECT_EQ(exit_of({.phase = "Running", .node = "n", .state = kRunningState, .deleting = 30}),
              "alive");
    EXPECT_EQ(exit_of({.phase = "Pending", .node = "n", .state = waiting("ContainerCreating")}),
              "alive");
}

TEST(Pod, TellsWhatItWaitsFor) {
    auto const unscheduled = facts_of(
        {.conditions =
             R"({"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes are available"})"});
    EXPECT_EQ(unscheduled.stage, "waiting for a node");
    EXPECT_EQ(unscheduled.trouble, "Unschedulable (no node takes it): 0/1 nodes are available");
    for (auto const* const reason :
         {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "CreateContainerConfigError"}) {
        auto const facts = facts_of({.node = "n1", .state = waiting(reason, "details")});
        EXPECT_EQ(facts.stage, "waiting for its container on n1");
        EXPECT_TRUE(facts.trouble.starts_with(std::string(reason) + " (")) << facts.trouble;
        EXPECT_TRUE(facts.trouble.ends_with("): details")) << facts.trouble;
    }
    EXPECT_EQ(facts_of({.node = "n1", .state = waiting("ContainerCreating")}).trouble, "");
}

}  // namespace
}  // namespace tidegate::orchestrator
