#include "sign.hpp"

#include <gtest/gtest.h>

namespace tidegate::hook {
namespace {

// Made with Python's hmac.
TEST(Signature, IsTheHmacOfTimeAndBody) {
    EXPECT_EQ(signature("Jefe", 1'700'000'000, "{}"),
              "t=1700000000,sha256="
              "d3793e2b4103edfbd98cc19591832f5fad701d413db9fcae0ae7dab8184ed207");
    EXPECT_NE(signature("Jefe", 1'700'000'000, "{} "), signature("Jefe", 1'700'000'000, "{}"));
    EXPECT_NE(signature("Jefe", 1'700'000'001, "{}"), signature("Jefe", 1'700'000'000, "{}"));
}

}  // namespace
}  // namespace tidegate::hook
