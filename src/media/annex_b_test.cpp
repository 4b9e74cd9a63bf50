#include "media/annex_b.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::media {
namespace {

std::vector<base::Bytes> split(base::Bytes const& bytes) {
    std::vector<base::Bytes> nalus;
    AnnexBReader units(bytes);
    while (auto const nalu = units.next()) nalus.emplace_back(nalu->begin(), nalu->end());
    return nalus;
}

TEST(AnnexB, StartCodesAreFoundWhereTheyAre) {
    EXPECT_EQ(find_start_code({}), 0U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 1}), 2U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1}), 0U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 0, 1}), 1U);
    EXPECT_EQ(find_start_code(base::Bytes{1, 0, 1, 1, 0, 0, 2, 0, 0, 3, 1}), 11U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1, 5, 0, 0, 1}, 1), 4U);
    EXPECT_EQ(find_start_code(base::Bytes{0, 0, 1}, 7), 3U);
}

TEST(AnnexB, UnitsAreWalkedWithAndWithoutAFirstStartCode) {
    std::vector<base::Bytes> const wanted{{0x67, 1}, {0x68, 2}, {0x65, 3}};
    EXPECT_EQ(split({0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 3, 0, 0}), wanted);
    EXPECT_EQ(split({0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3}), wanted);
    EXPECT_EQ(split({0x65, 3}), (std::vector<base::Bytes>{{0x65, 3}}));
    EXPECT_TRUE(split({0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0}).empty());
    EXPECT_TRUE(split({}).empty());
}

}  // namespace
}  // namespace tidegate::media
