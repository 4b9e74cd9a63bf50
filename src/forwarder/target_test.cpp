#include "forwarder/target.hpp"

#include <gtest/gtest.h>

namespace tidegate::forwarder {
namespace {

TEST(Target, IsShownWithoutItsSecrets) {
    auto const target =
        *rtmp::parse_target_url("rtmp://me:pa55word@h/app?token=t0ken#k3y-abcd?x=1");
    EXPECT_EQ(address_of(target), "rtmp://h:1935/app");
    EXPECT_EQ(app_of(target), "app");
    EXPECT_EQ(
        masked("publish k3y-abcd?x=1 and k3y-abcd for pa55word with token=t0ken, app", target),
        "publish *** and *** for *** with ***, app");
}

TEST(Target, KeepsTextsThatHappenToContainAShortKey) {
    auto const target = *rtmp::parse_target_url("rtmp://h/live/in");
    EXPECT_EQ(masked("connection refused in live", target), "connection refused in live");
}

}  // namespace
}  // namespace tidegate::forwarder
