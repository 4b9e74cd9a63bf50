#include "kubernetes/core/pace.hpp"

#include <gtest/gtest.h>

namespace tidegate::kubernetes {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Pace::Time kBegin{seconds{1000}};

TEST(Pace, LetsABurstGoAndThenSoManyInASecond) {
    Pace pace(10, 3);
    EXPECT_EQ(pace.take(kBegin), kBegin);
    EXPECT_EQ(pace.take(kBegin), kBegin);
    EXPECT_EQ(pace.take(kBegin), kBegin);
    EXPECT_EQ(pace.take(kBegin), kBegin + milliseconds{100});
    EXPECT_EQ(pace.take(kBegin), kBegin + milliseconds{200});
    // The bucket is full again after as many periods as requests have gone.
    auto const later = kBegin + seconds{1};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pace.take(later), later);
    EXPECT_EQ(pace.take(later), later + milliseconds{100});
}

TEST(Pace, IsExactOverALongTime) {
    Pace pace(50, 1);
    auto last = kBegin;
    for (int i = 0; i <= 5000; ++i) last = pace.take(kBegin);
    EXPECT_EQ(last, kBegin + seconds{100});
}

TEST(Pace, APauseIsNeverShortened) {
    Pace pace(1000, 1000);
    pace.pause(kBegin + seconds{5});
    pace.pause(kBegin + seconds{1});
    EXPECT_EQ(pace.paused_until(), kBegin + seconds{5});
}

}  // namespace
}  // namespace tidegate::kubernetes
