#include "hls/core/part_length.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tidegate::hls {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

base::Timestamp learned(std::initializer_list<base::Timestamp> samples,
                        base::Timestamp configured = milliseconds(200)) {
    PartLength length(configured);
    for (auto const sample : samples) length.learn(sample);
    return length.get();
}

// By the rule of MediaMTX: a part that is cut must have 85 % of what it would have with the next
// sample.
TEST(PartLength, SuitsTheLengthsOfTheSamples) {
    EXPECT_EQ(learned({}), milliseconds(200));
    EXPECT_EQ(learned({milliseconds(40)}), milliseconds(200));
    EXPECT_EQ(learned({microseconds(33'333)}), milliseconds(200));
    EXPECT_EQ(learned({milliseconds(33), milliseconds(34)}), milliseconds(200));
    EXPECT_EQ(learned({milliseconds(66)}), milliseconds(225 + 0));
    EXPECT_EQ(learned({milliseconds(1000)}), milliseconds(1000));
    EXPECT_EQ(learned({milliseconds(40), milliseconds(150)}), milliseconds(260));
    EXPECT_EQ(learned({milliseconds(0), -milliseconds(1)}), milliseconds(200));
}

TEST(PartLength, StaysBelowTheLongest) {
    EXPECT_EQ(learned({std::chrono::hours(1)}), kLongestPart);
}

TEST(PartLength, DoesNotChangeOnceItIsFrozen) {
    PartLength length(milliseconds(200));
    length.freeze();
    length.learn(milliseconds(1000));
    EXPECT_EQ(length.get(), milliseconds(200));
}

TEST(PartLength, LearnsOnlySoManyLengths) {
    PartLength length(milliseconds(200));
    for (std::size_t i = 1; i <= kMaxSampleLengths; ++i) length.learn(microseconds(i));
    length.learn(milliseconds(1000));
    EXPECT_EQ(length.get(), milliseconds(200));
}

}  // namespace
}  // namespace tidegate::hls
