#include "base/crypto/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tidegate::base {
namespace {

TEST(Base64, IsDecodedWithAndWithoutPadding) {
    // RFC 4648 §10.
    for (auto const& [bytes, text] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(base64_encode(as_bytes(bytes)), text);
        auto const decoded = base64_decode(text);
        ASSERT_TRUE(decoded) << text;
        EXPECT_EQ(as_text(*decoded), bytes);
        std::string bare(text);
        while (bare.ends_with('=')) bare.pop_back();
        auto const without = base64_decode(bare);
        ASSERT_TRUE(without) << bare;
        EXPECT_EQ(as_text(*without), bytes);
    }
}

TEST(Base64, HasAllBytes) {
    Bytes all;
    for (int i = 0; i < 256 * 3; ++i) all.push_back(static_cast<std::uint8_t>(i));
    EXPECT_EQ(base64_decode(base64_encode(all)), all);
}

TEST(Base64, IsNothingElse) {
    for (auto const* text : {"Z", "Zm9vZ", "Zm9v ", " Zm9v", "Zm9\n", "Zm-v", "Zm_v",
                             "Z=g=", "====", "Zg===", "\xc3\xa9xx"}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

}  // namespace
}  // namespace tidegate::base
