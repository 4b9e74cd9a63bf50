#include "base/crypto/secret.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/crypto/digest.hpp"

namespace tidegate::base {
namespace {

TEST(Secret, HashesAsTheStandardsSay) {
    // FIPS 180-4, and RFC 4231 §4.3.
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Secret, ComparesWholeProofsOnly) {
    EXPECT_TRUE(equal_secrets(as_bytes("abc"), as_bytes("abc")));
    for (auto const* other : {"", "ab", "abcd", "abd", "xbc"}) {
        EXPECT_FALSE(equal_secrets(as_bytes("abc"), as_bytes(other))) << other;
    }
    EXPECT_FALSE(equal_secrets({}, {}));
}

}  // namespace
}  // namespace tidegate::base
