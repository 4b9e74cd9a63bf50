#include "base/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace tidegate::base {
namespace {

std::string hex_of(Digest::Kind kind, std::string_view text, std::size_t piece) {
    Digest digest(kind);
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        auto const part = text.substr(0, piece);
        digest.update({reinterpret_cast<std::uint8_t const*>(part.data()), part.size()});
    }
    return to_hex(digest.finish());
}

// The examples of RFC 1321 §A.5 and of FIPS 180-2.
TEST(Digest, IsThatOfTheSpecificationsHoweverTheBytesAreSplit) {
    for (std::size_t const piece : {1U, 2U, 100U}) {
        EXPECT_EQ(hex_of(Digest::Kind::md5, "", piece), "d41d8cd98f00b204e9800998ecf8427e");
        EXPECT_EQ(hex_of(Digest::Kind::md5, "message digest", piece),
                  "f96b697d7cb7938d525a2f31aaf161d0");
        EXPECT_EQ(hex_of(Digest::Kind::sha256, "abc", piece),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

}  // namespace
}  // namespace tidegate::base
