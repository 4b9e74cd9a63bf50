#include "router/auth/jwt.hpp"

#include <gmock/gmock.h>

#include "router/auth/test_jwt_examples.hpp"

namespace tidegate::router {
namespace {

using std::chrono::system_clock;
using testing::HasSubstr;

JwtRules const kRules{"mediamtx_permissions", {}, {}};

std::string set_of(std::string_view key) {
    return R"({"keys":[)" + std::string(key) + "]}";
}

class EachAlgorithm : public testing::TestWithParam<JwtExample> {};

INSTANTIATE_TEST_SUITE_P(Jwt, EachAlgorithm, testing::ValuesIn(kJwtExamples),
                         [](auto const& row) { return std::string(row.param.algorithm); });

TEST_P(EachAlgorithm, IsVerified) {
    auto const& [algorithm, token, key] = GetParam();
    auto const keys = JwtKeys::parse(set_of(key));
    ASSERT_TRUE(keys) << keys.error();
    auto const claims = read_jwt(token, *keys, kRules, system_clock::now());
    ASSERT_TRUE(claims) << claims.error();
    EXPECT_EQ(claims->subject, "ann");
    EXPECT_TRUE(claims->permissions.allow({.action = AuthAction::publish, .path = "live/x"}));
    EXPECT_FALSE(claims->permissions.allow({.action = AuthAction::publish, .path = "x"}));
    EXPECT_FALSE(claims->permissions.allow({.action = AuthAction::api}));
}

// Each change of one character, and each cut, leaves nothing that is accepted. Some bits of the
// last character of a part mean nothing; a strict decoder may refuse them or not.
TEST_P(EachAlgorithm, IsRefusedIfAnythingWasChanged) {
    auto const& [algorithm, token, key] = GetParam();
    auto const keys = JwtKeys::parse(set_of(key));
    ASSERT_TRUE(keys);
    for (std::size_t i = 0; i < token.size(); i += token.size() / 97 + 1) {
        auto const cut = token.substr(0, i);
        EXPECT_FALSE(read_jwt(cut, *keys, kRules, system_clock::now())) << cut;
        bool const last = i + 1 == token.size() || token[i + 1] == '.';
        if (last) continue;
        std::string changed(token);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(read_jwt(changed, *keys, kRules, system_clock::now())) << changed;
    }
}

TEST_P(EachAlgorithm, IsRefusedWithAnyOtherKey) {
    auto const& [algorithm, token, key] = GetParam();
    for (auto const& other : kJwtExamples) {
        if (other.algorithm == algorithm) continue;
        // The other key has this one's name.
        std::string named(other.key);
        auto const kid = "\"kid\":\"" + std::string(other.algorithm) + "\"";
        named.replace(named.find(kid), kid.size(), "\"kid\":\"" + std::string(algorithm) + "\"");
        auto const keys = JwtKeys::parse(set_of(named));
        ASSERT_TRUE(keys);
        EXPECT_FALSE(read_jwt(token, *keys, kRules, system_clock::now())) << other.algorithm;
    }
}

TEST(Jwt, SaysWhatIsWrongAndNothingOfTheToken) {
    auto const keys = JwtKeys::parse(set_of(kJwtExamples[0].key));
    ASSERT_TRUE(keys);
    auto const why = [&](std::string_view token) {
        return read_jwt(token, *keys, kRules, system_clock::now()).error();
    };
    EXPECT_THAT(why("a.b"), HasSubstr("number of segments"));
    EXPECT_THAT(why("secret!.b.c"), HasSubstr("the header is not base 64"));
    EXPECT_THAT(why("c2VjcmV0.b.c"), HasSubstr("the header is no JSON object"));
    EXPECT_THAT(why("eyJhbGciOiJub25lIn0.e30."), HasSubstr("signing method is not supported"));
    EXPECT_THAT(why("eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30."), HasSubstr("key not found"));
    EXPECT_THAT(why(std::string(kMaxJwtBytes + 1, 'a')), HasSubstr("too long"));
}

TEST(JwtKeysTest, RefusesWhatIsNoSet) {
    for (auto const* text : {"", "{", "[]", "{}", R"({"keys":{}})", R"({"keys":[7]})",
                             R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})",
                             R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})",
                             R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})",
                             R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]})"}) {
        EXPECT_FALSE(JwtKeys::parse(text)) << text;
    }
    EXPECT_FALSE(JwtKeys::parse(std::string(kMaxJwksBytes + 1, ' ')));
}

TEST(JwtKeysTest, KnowsAKeyByItsNameOnly) {
    auto const keys = JwtKeys::parse(set_of(kJwtExamples[9].key));
    ASSERT_TRUE(keys);
    EXPECT_NE(keys->find("EdDSA"), nullptr);
    EXPECT_EQ(keys->find(""), nullptr);
}

}  // namespace
}  // namespace tidegate::router
