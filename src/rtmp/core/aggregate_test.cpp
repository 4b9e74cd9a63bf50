#include "rtmp/core/message_layer.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/test_support.hpp"

namespace tidegate::rtmp::test {
namespace {

Message aggregate(base::ByteView body, std::uint32_t timestamp = 1000) {
    return {MessageType::aggregate, 4, 1, timestamp, base::SharedBytes::copy_of(body)};
}

TEST(Aggregate, IsSplitWithTimestampsRelativeToItsOwn) {
    auto const parts = split_aggregate(
        aggregate(hex("08 000002 0001f4 00 000000 af01 0000000d"
                      "09 000003 000208 00 000000 170100 0000000e"
                      "09 000000 ffffff ff 000000 0000000b")),  // an extended, earlier one
        10);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 3U);
    EXPECT_EQ((*parts)[0].type, MessageType::audio);
    EXPECT_EQ((*parts)[0].timestamp, 1000U);
    EXPECT_EQ(to_bytes((*parts)[0].body), hex("af01"));
    EXPECT_EQ((*parts)[1].type, MessageType::video);
    EXPECT_EQ((*parts)[1].timestamp, 1020U);
    EXPECT_EQ((*parts)[1].message_stream_id, 1U);
    EXPECT_EQ(to_bytes((*parts)[1].body), hex("170100"));
    EXPECT_EQ((*parts)[2].timestamp, 499U);
}

TEST(Aggregate, MayLackItsLastBackPointer) {
    auto const parts = split_aggregate(aggregate(hex("08 000002 000000 00 000000 af01")), 10);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->size(), 1U);
}

TEST(Aggregate, WithLyingSizesIsRefused) {
    for (auto const& body :
         {hex("08"), hex("08 000003 000000 00 000000 af01"), hex("08 ffffff 000000 00 000000 af01"),
          hex("08 000002 000000 00 000000 af01 0000000d 09 00")}) {
        auto const parts = split_aggregate(aggregate(body), 10);
        ASSERT_FALSE(parts);
        EXPECT_EQ(parts.error().text, "invalid aggregate message");
    }
}

TEST(Aggregate, OfTooManyPartsIsRefused) {
    base::Bytes body;
    for (int i = 0; i < 5; ++i) {
        auto const one = hex("08 000001 000000 00 000000 af 0000000c");
        body.insert(body.end(), one.begin(), one.end());
    }
    EXPECT_TRUE(split_aggregate(aggregate(body), 5));
    EXPECT_FALSE(split_aggregate(aggregate(body), 4));
}

}  // namespace
}  // namespace tidegate::rtmp::test
