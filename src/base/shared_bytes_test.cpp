#include "base/shared_bytes.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tidegate::base {
namespace {

TEST(SharedBytes, CopiesAndSlicesPointAtTheSameBytes) {
    auto const whole = SharedBytes::copy_of(as_bytes("abcdef"));
    auto const copy = whole;
    auto const part = whole.slice(2, 3);
    EXPECT_EQ(copy.data(), whole.data());
    EXPECT_EQ(part.data(), whole.data() + 2);
    EXPECT_EQ(as_text(part.view()), "cde");
    EXPECT_EQ(as_text(part.slice(1).view()), "de");
}

TEST(SharedBytes, ASliceOutlivesTheWhole) {
    SharedBytes part;
    {
        auto const whole = SharedBytes::copy_of(as_bytes("a longer text than fits anywhere small"));
        part = whole.slice(2, 6);
    }
    EXPECT_EQ(as_text(part.view()), "longer");
}

TEST(SharedBytes, MovesLeaveNothingBehind) {
    auto first = SharedBytes::copy_of(as_bytes("x"));
    auto const second = std::move(first);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(as_text(second.view()), "x");
}

TEST(SharedBytes, MayBeDroppedOnAnyThread) {
    auto const shared = SharedBytes::copy_of(as_bytes("shared"));
    constexpr int kThreads = 4;
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([copy = shared] {
            for (int n = 0; n < 10'000; ++n) {
                auto const another = copy;
                ASSERT_EQ(another.size(), 6U);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(as_text(shared.view()), "shared");
}

TEST(SharedBytesBuilder, GrowsAndKeepsWhatWasAppended) {
    SharedBytesBuilder builder(2);
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        builder.append(as_bytes("chunk"));
        expected += "chunk";
    }
    EXPECT_EQ(as_text(builder.view()), expected);
    EXPECT_EQ(as_text(std::move(builder).finish().view()), expected);
    EXPECT_EQ(builder.size(), 0U);  // NOLINT(bugprone-use-after-move): usable again
}

TEST(SharedBytesBuilder, AnEmptyOneMakesEmptyBytes) {
    EXPECT_TRUE(SharedBytesBuilder{}.finish().empty());
    EXPECT_TRUE(SharedBytes::copy_of({}).empty());
}

TEST(SharedBytesBuilder, ExtendGivesRoomToFill) {
    SharedBytesBuilder builder(8);
    builder.append(as_bytes("ab"));
    auto* const room = builder.extend(2);
    room[0] = 'c';
    room[1] = 'd';
    EXPECT_EQ(as_text(builder.view()), "abcd");
}

}  // namespace
}  // namespace tidegate::base
