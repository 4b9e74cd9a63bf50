#include "base/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tidegate::base {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheLongestDelayAndForgives) {
    Backoff backoff({});
    for (int const expected : {500, 1000, 2000, 4000, 8000, 10'000, 10'000}) {
        EXPECT_EQ(backoff.next(0), milliseconds{expected});
    }
    EXPECT_EQ(backoff.failures(), 7U);
    backoff.forgive();
    EXPECT_EQ(backoff.failures(), 0U);
    EXPECT_EQ(backoff.next(0), milliseconds{500});
}

TEST(Backoff, VariesEachDelayByAtMostAQuarter) {
    Backoff backoff({});
    auto const longest = backoff.next(std::numeric_limits<std::uint64_t>::max());
    EXPECT_GT(longest, milliseconds{600});
    EXPECT_LE(longest, milliseconds{625});
}

}  // namespace
}  // namespace tidegate::base
