#include "sign.hpp"

#include <gtest/gtest.h>

namespace tidegate::hook {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::string_view kReady = "/v1/mediamtx/events/ready";

// Made with Python's hmac.
TEST(Signature, IsTheHmacOfTimePathAndBody) {
    auto const made = signature("Jefe", kNow, kReady, "{}");
    EXPECT_EQ(made,
              "t=1700000000,sha256="
              "c335bd7554807c92ecca942a312934a9f62d0956e3b6a51b98f760e46fb04dfd");
    EXPECT_NE(signature("Jefe", kNow, kReady, "{} "), made);
    EXPECT_NE(signature("Jefe", kNow, "/v1/mediamtx/events/not-ready", "{}"), made);
    EXPECT_NE(signature("Jefe", kNow + 1, kReady, "{}"), made);
    EXPECT_NE(signature("jefe", kNow, kReady, "{}"), made);
}

}  // namespace
}  // namespace tidegate::hook
