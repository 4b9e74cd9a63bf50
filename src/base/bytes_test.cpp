#include "base/bytes.hpp"

#include <gmock/gmock.h>

namespace tidegate::base {
namespace {

using testing::ElementsAre;

TEST(ByteReader, ReadsBigEndianIntegersOfEveryWidth) {
    Bytes const bytes{1,    2,    3,    4, 5, 6, 7, 8, 9, 10, 0xff,
                      0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7,  8};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u8(), 0x01);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u24(), 0x040506U);
    EXPECT_EQ(reader.u32_little_endian(), 0x0a090807U);
    EXPECT_EQ(reader.u32(), 0xffffffffU);
    EXPECT_EQ(reader.u64(), 0x0102030405060708U);
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, FailsForGoodAtTheFirstReadPastTheEnd) {
    Bytes const bytes{1, 2, 3};
    ByteReader reader(bytes);
    reader.skip(1);
    EXPECT_EQ(reader.u32(), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_TRUE(reader.take(1).empty());
    EXPECT_EQ(reader.position(), 1U);
}

TEST(ByteReader, TakesViewsWithoutCopying) {
    Bytes const bytes{1, 2, 3, 4};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.take(2).data(), bytes.data());
    EXPECT_THAT(reader.rest(), ElementsAre(3, 4));
    EXPECT_FALSE(reader.failed());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
    Bytes out;
    ByteWriter writer(out);
    writer.u8(1U);
    writer.u16(0x0203U);
    writer.u24(0x040506U);
    writer.u32(0x0708090aU);
    writer.u64(0x0102030405060708U);
    writer.u32_little_endian(0x01020304U);
    writer.text("ab");
    EXPECT_THAT(out, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 4, 3, 2, 1,
                                 'a', 'b'));
}

}  // namespace
}  // namespace tidegate::base
