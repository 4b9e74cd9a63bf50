#include "endpoint/told.hpp"

#include <gtest/gtest.h>

#include "endpoint/health_routes.hpp"

namespace tidegate::endpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Told::Time kBegun{std::chrono::hours{1}};

TEST(Readiness, IsRefusedWithTheReasonUntilTheOutputIsAccepted) {
    Told told;
    EXPECT_EQ(readiness(told).status, 503U);
    EXPECT_EQ(readiness(told).body, "starting\n");
    told.text = "connecting to the input";
    EXPECT_EQ(readiness(told).body, "connecting to the input\n");
    told.ready_at = kBegun;
    EXPECT_EQ(readiness(told).status, 200U);
    told.stopping = true;
    told.text = "stopped";
    EXPECT_EQ(readiness(told).status, 503U) << "nobody should count on it any more";
    EXPECT_EQ(readiness(told).body, "ending: stopped\n");
}

TEST(Liveness, FailsOnlyWhenAReadyProgramHasNoHeartbeat) {
    Told told;
    EXPECT_EQ(liveness(told, kBegun + seconds{1000}).status, 200U) << "not ready is not hanging";
    told.ready_at = kBegun;
    EXPECT_FALSE(hanging(told, kBegun + kHangsAfter - milliseconds{1}));
    EXPECT_TRUE(hanging(told, kBegun + kHangsAfter)) << "nothing ever went out";
    told.heartbeat_at = kBegun + seconds{20};
    EXPECT_FALSE(hanging(told, kBegun + seconds{34}));
    told.text = "relaying";
    auto const response = liveness(told, kBegun + seconds{37});
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.body, "no media has advanced for 17 s: relaying\n");
    told.stopping = true;
    EXPECT_FALSE(hanging(told, kBegun + seconds{37})) << "it ends, and has a deadline for that";
}

TEST(Liveness, LeavesTimeForTheDelayOfADub) {
    Told told;
    told.ready_at = kBegun;
    told.delay = seconds{10};
    EXPECT_FALSE(hanging(told, kBegun + seconds{24}));
    EXPECT_TRUE(hanging(told, kBegun + seconds{25}));
}

TEST(Status, SaysNothingThatIsNotKnown) {
    EXPECT_EQ(status(Told{}, {"demo", "tube", "run"}, kBegun).body,
              R"({"streamId":"demo","destination":"tube","runId":"run","ready":false,)"
              R"("stopping":false,"hanging":false,"heartbeats":0,"heartbeatAgeMs":null,)"
              R"("status":"","degraded":"","holding":"","figures":"","dubs":[]})");
}

}  // namespace
}  // namespace tidegate::endpoint
