#include "kubernetes/core/reach.hpp"

#include <gtest/gtest.h>

namespace tidegate::kubernetes {
namespace {

using std::chrono::seconds;
using Cause = Reach::Cause;

constexpr Reach::Time kReachNow{std::chrono::hours{1}};

TEST(Reach, IsLostWithTheFirstRequestWithoutAnAnswerAndFoundWithTheNextAnswer) {
    Reach reach;
    EXPECT_TRUE(reach.reachable()) << "nobody has asked";
    Failure const none{0, "", "connection refused"};
    EXPECT_EQ(reach.note(&none, kReachNow), Reach::Change::lost);
    EXPECT_EQ(reach.note(&none, kReachNow + seconds{1}), Reach::Change::none) << "once";
    EXPECT_EQ(reach.lost_at(), kReachNow);
    EXPECT_EQ(reach.failures(Cause::no_answer), 2U);
    EXPECT_EQ(reach.note(nullptr, kReachNow + seconds{2}), Reach::Change::found);
    EXPECT_TRUE(reach.reachable());
    EXPECT_EQ(reach.note(nullptr, kReachNow + seconds{3}), Reach::Change::none);
}

TEST(Reach, AServerThatRefusesIsReached) {
    Reach reach;
    Failure const none{0, "", "connection refused"};
    for (unsigned const code : {400U, 401U, 403U, 404U, 409U, 410U, 422U, 429U}) {
        reach.note(&none, kReachNow);
        Failure const refused{code, "", ""};
        EXPECT_EQ(reach.note(&refused, kReachNow), Reach::Change::found) << code;
    }
    EXPECT_EQ(reach.failures(Cause::not_allowed), 2U);
    EXPECT_EQ(reach.failures(Cause::overloaded), 1U);
    Failure const broken{503, "", ""};
    EXPECT_EQ(reach.note(&broken, kReachNow), Reach::Change::lost)
        << "a proxy answers in its place";
    EXPECT_EQ(reach.failures(Cause::overloaded), 2U);
}

}  // namespace
}  // namespace tidegate::kubernetes
