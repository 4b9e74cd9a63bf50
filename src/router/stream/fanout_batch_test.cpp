#include "router/stream/fanout_batch.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tidegate::router {
namespace {

constexpr auto kForm = WireForm::rtmp_message;

base::SharedBytes bytes_of(std::size_t size, std::uint8_t value) {
    base::SharedBytesBuilder builder(size);
    builder.append(std::vector<std::uint8_t>(size, value));
    return std::move(builder).finish();
}

std::array<FanoutItem, 2> video_and_audio(std::size_t video_size) {
    std::array<FanoutItem, 2> items;
    items[0].as(kForm) = bytes_of(video_size, 1);
    items[1].as(kForm) = bytes_of(100, 2);
    return items;
}

TEST(FanoutBatch, JoinsASmallTurnForOneReader) {
    auto const items = video_and_audio(kAlwaysWorthACopy - 100);
    FanoutBatch batch(items, 1);
    auto const& joined = batch.joined(kForm);
    ASSERT_EQ(joined.bytes.size(), kAlwaysWorthACopy);
    EXPECT_EQ(joined.messages, 2U);
    EXPECT_EQ(joined.bytes.view().front(), 1);
    EXPECT_EQ(joined.bytes.view().back(), 2);
}

TEST(FanoutBatch, LeavesALargeTurnToBeGatheredByFewReaders) {
    auto const items = video_and_audio(kAlwaysWorthACopy);
    FanoutBatch few(items, kReadersWorthACopy - 1);
    EXPECT_TRUE(few.joined(kForm).bytes.empty());
    FanoutBatch many(items, kReadersWorthACopy);
    EXPECT_EQ(many.joined(kForm).bytes.size(), kAlwaysWorthACopy + 100);
}

TEST(FanoutBatch, HandsOverASingleItemWithoutACopy) {
    auto items = video_and_audio(kAlwaysWorthACopy);
    items[1].as(kForm) = {};
    FanoutBatch batch(items, 1);
    EXPECT_EQ(batch.joined(kForm).bytes.data(), items[0].as(kForm).data());
}

TEST(FanoutBatch, IsEmptyForAFormThatNobodyAskedFor) {
    auto const items = video_and_audio(10);
    FanoutBatch batch(items, 1);
    EXPECT_TRUE(batch.joined(WireForm::interleaved_rtp).bytes.empty());
}

}  // namespace
}  // namespace tidegate::router
