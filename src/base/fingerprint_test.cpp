#include "base/fingerprint.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tidegate::base {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(Fingerprint, HexadecimalDigitsOfEitherCaseBecomeBytes) {
    EXPECT_THAT(from_hex("00fFa5"), Optional(ElementsAre(0x00, 0xff, 0xa5)));
    EXPECT_THAT(from_hex(""), Optional(ElementsAre()));
    for (auto const* const wrong : {"0", "0g", "-1", "+1", " 1", "0x", "1 "}) {
        EXPECT_FALSE(from_hex(wrong)) << wrong;
    }
}

TEST(Fingerprint, HasSixtyFourDigitsWithOrWithoutColons) {
    std::string const plain(64, 'a');
    std::string colons = "aa";
    for (int i = 1; i < 32; ++i) colons += ":AA";
    ASSERT_TRUE(parse_fingerprint(plain));
    EXPECT_EQ(parse_fingerprint(plain), parse_fingerprint(colons));
    for (auto const& wrong :
         {plain + "aa", plain.substr(2), plain.substr(1) + "x", std::string()}) {
        EXPECT_FALSE(parse_fingerprint(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace tidegate::base
