#include "media/bit_reader.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using test::hex;

TEST(BitReader, ReadsAcrossByteBorders) {
    auto const bytes = hex("a5f00fc3");
    BitReader reader(bytes);
    EXPECT_EQ(reader.bits(3), 5U);
    EXPECT_EQ(reader.bits(9), 0x5fU);
    EXPECT_FALSE(reader.flag());
    reader.skip(3);
    EXPECT_EQ(reader.bits(16), 0x0fc3U);
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(BitReader(bytes).bits(32), 0xa5f00fc3U);
    EXPECT_EQ(BitReader(bytes).bits(0), 0U);
}

TEST(BitReader, FailsForGoodAtTheFirstReadPastTheEnd) {
    auto const bytes = hex("ff");
    BitReader reader(bytes);
    EXPECT_EQ(reader.bits(9), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.bits(1), 0U);
    BitReader skipping(bytes);
    skipping.skip(std::numeric_limits<std::size_t>::max());
    EXPECT_TRUE(skipping.failed());
}

TEST(BitReader, DecodesExpGolombCodes) {
    struct Case {
        char const* bytes;
        std::uint32_t unsigned_value;
        std::int32_t signed_value;
    };
    Case const cases[] = {
        {"80", 0, 0},
        {"40", 1, 1},
        {"60", 2, -1},
        {"20", 3, 2},
        {"38", 6, -3},
        {"0000000100000000", (1U << 31) - 1, 1 << 30},
        {"00000000ffffffff80", 0, 0},  // 32 zeros and a tail: beyond 32 bits
        {"000000008000000000", 0xffffffffU, std::numeric_limits<std::int32_t>::min()},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        EXPECT_EQ(BitReader(bytes).ue(), c.unsigned_value) << c.bytes;
        EXPECT_EQ(BitReader(bytes).se(), c.signed_value) << c.bytes;
    }
}

TEST(BitReader, EndlessZerosFailInsteadOfCounting) {
    base::Bytes const zeros(100);
    BitReader reader(zeros);
    EXPECT_EQ(reader.ue(), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_LT(reader.position(), 40U);
    base::Bytes const few(2);
    BitReader cut(few);
    cut.ue();
    EXPECT_TRUE(cut.failed());
}

TEST(EmulationPrevention, IsRemovedOnlyAfterTwoZeros) {
    struct Case {
        char const* in;
        char const* out;
    };
    Case const cases[] = {
        {"00000301", "000001"}, {"000003000003", "00000000"}, {"0003", "0003"},
        {"00000003", "000000"}, {"010203", "010203"},         {"", ""},
    };
    for (auto const& c : cases)
        EXPECT_EQ(remove_emulation_prevention(hex(c.in)), hex(c.out)) << c.in;
}

}  // namespace
}  // namespace tidegate::media
