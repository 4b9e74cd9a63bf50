#include "log/line_limit.hpp"

#include <gtest/gtest.h>

namespace tidegate::log {
namespace {

TEST(LineLimitTest, AllowsOneLineAPause) {
    using std::chrono::seconds;
    LineLimit limit(seconds{10});
    std::chrono::steady_clock::time_point const begin{seconds{1000}};
    EXPECT_TRUE(limit.allows(begin));
    EXPECT_FALSE(limit.allows(begin + seconds{9}));
    EXPECT_TRUE(limit.allows(begin + seconds{10}));
    EXPECT_FALSE(limit.allows(begin + seconds{19}));
}

}  // namespace
}  // namespace tidegate::log
