#include "orchestrator/io/http/dashboard_policy.hpp"

#include <gmock/gmock.h>

namespace tidegate::orchestrator {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DashboardPolicy, AllowsThePageItsOwnFilesAndTheMachineThatItCameFrom) {
    auto const policy = dashboard_policy("studio.lan:8080");
    EXPECT_THAT(policy, HasSubstr("connect-src 'self' http://studio.lan:* https://studio.lan:*;"));
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_THAT(policy, Not(HasSubstr("localhost")));
}

TEST(DashboardPolicy, ThisMachineHasTwoNames) {
    EXPECT_THAT(dashboard_policy("localhost:8080"), HasSubstr("http://127.0.0.1:*"));
    EXPECT_THAT(dashboard_policy("127.0.0.1:8080"), HasSubstr("http://localhost:*"));
}

TEST(DashboardPolicy, SeveralRoutersArePlayedFrom) {
    auto const policy = dashboard_policy(
        "studio.lan:8080", {"10.0.0.5:9997", "127.0.0.1:9997", "studio.lan:9997", "a;b:1"});
    EXPECT_THAT(policy, HasSubstr("connect-src 'self' http://studio.lan:* https://studio.lan:* "
                                  "http://10.0.0.5:* https://10.0.0.5:*;"));
}

TEST(DashboardPolicy, AHostThatIsNoNameAddsNothing) {
    for (auto const* host : {"", "[::1]:8080", "a;script-src *", "a b", "a'", "x,y", "*"}) {
        EXPECT_THAT(dashboard_policy(host), HasSubstr("connect-src 'self'; media-src blob:;"))
            << host;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
