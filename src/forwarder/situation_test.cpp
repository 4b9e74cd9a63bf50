#include "forwarder/situation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::forwarder {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr Time kNow{std::chrono::hours{1}};

TEST(Situation, OfAForwarderThatWaitsSaysWhyAndHowLong) {
    Situation situation;
    situation.phase = Phase::retrying;
    situation.until = kNow + milliseconds{3500};
    situation.failures = 2;
    situation.last_failure = Failure{FailureKind::connect, "connection refused"};
    EXPECT_EQ(trouble_of(situation, kNow), "connection refused; next attempt in 4 s");
    EXPECT_EQ(status_line(situation, "rtmp://h:1935/live", kNow),
              "rtmp://h:1935/live: connection refused; next attempt in 4 s");
    auto const report = report_of(situation, kNow);
    EXPECT_THAT(report, HasSubstr(R"("phase":"retrying")"));
    EXPECT_THAT(report, HasSubstr(R"("retryInMs":3500)"));
    EXPECT_THAT(report, HasSubstr(R"("errorKind":"connect")"));
}

TEST(Situation, OfAForwarderThatForwardsHasNoTrouble) {
    Situation situation;
    situation.phase = Phase::forwarding;
    situation.failures = 2;
    situation.last_failure = Failure{FailureKind::connect, "connection refused"};
    situation.bits_per_second = 2'100'000;
    EXPECT_EQ(trouble_of(situation, kNow), "");
    EXPECT_EQ(status_line(situation, "rtmp://h:1935/live", kNow),
              "forwarding to rtmp://h:1935/live: 2.10 Mbit/s, 0 units dropped");
    situation.slow = true;
    EXPECT_EQ(trouble_of(situation, kNow), "the destination is too slow: media is dropped");
    situation.input_trouble = "EOF";
    EXPECT_EQ(trouble_of(situation, kNow), "the input is gone: EOF");
}

}  // namespace
}  // namespace tidegate::forwarder
