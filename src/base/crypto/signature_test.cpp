#include "base/crypto/signature.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tidegate::base {
namespace {

constexpr std::string_view kSecret = "0123456789abcdef";
constexpr std::string_view kTarget = "/v1/mediamtx/events/ready";
constexpr std::string_view kBody = R"({"path":"live/demo/in"})";
constexpr std::int64_t kNow = 1'700'000'000;

std::string problem(std::string_view header, std::string_view secret = kSecret,
                    std::string_view target = kTarget, std::string_view body = kBody,
                    std::int64_t now = kNow) {
    return signature_problem(header, secret, target, body, now).value_or("");
}

// What `printf '1700000000\n/v1/mediamtx/events/ready\n{"path":"live/demo/in"}' |
// openssl dgst -sha256 -hmac 0123456789abcdef` prints.
constexpr std::string_view kGolden = 
    "8585ecd81c64072531f395e790727e67b09ccf075d81de2298bf0a7dc3d79419";

TEST(Signature, IsTheOneThatOpensslOnTheCommandLineMakes) {
    EXPECT_EQ(sign(kSecret, kTarget, kBody, kNow), "t=1700000000,v1=" + std::string(kGolden));
    EXPECT_EQ(problem(sign(kSecret, kTarget, kBody, kNow)), "");
}

TEST(Signature, CoversTimeTargetAndBody) {
    auto const header = sign(kSecret, kTarget, kBody, kNow);
    auto const later = "t=1700000001" + header.substr(header.find(','));
    EXPECT_EQ(problem(later), "the signature is wrong");
    EXPECT_EQ(problem(header, "another"), "the signature is wrong");
    EXPECT_EQ(problem(header, ""), "the signature is wrong");
    EXPECT_EQ(problem(header, kSecret, "/v1/mediamtx/events/not-ready"), "the signature is wrong");
    EXPECT_EQ(problem(header, kSecret, kTarget, "{}"), "the signature is wrong");
    EXPECT_EQ(problem(header.substr(0, header.size() - 1)), "the signature is wrong");
    for (std::size_t at = header.find("v1=") + 3; at < header.size(); ++at) {
        auto changed = header;
        changed[at] = changed[at] == '0' ? '1' : '0';
        EXPECT_EQ(problem(changed), "the signature is wrong") << at;
    }
}

TEST(Signature, IsGoodForFiveMinutesBeforeAndAfter) {
    auto const header = sign(kSecret, kTarget, kBody, kNow);
    for (auto const offset : {-kSignatureSeconds, kSignatureSeconds}) {
        EXPECT_EQ(problem(header, kSecret, kTarget, kBody, kNow + offset), "");
    }
    EXPECT_EQ(problem(header, kSecret, kTarget, kBody, kNow + kSignatureSeconds + 1),
              "the signature is 301 s old");
    EXPECT_EQ(problem(header, kSecret, kTarget, kBody, kNow - kSignatureSeconds - 1),
              "the signature is -301 s old");
}

TEST(Signature, WhatIsNoneSaysSo) {
    EXPECT_EQ(problem(""), "the signature is missing");
    for (auto const* header : {"x", "t=", "t=1", "v1=00,t=1", "t=1 v1=00", "t=1,v2=00"}) {
        EXPECT_EQ(problem(header), "the signature is not t=SECONDS,v1=DIGITS") << header;
    }
    for (auto const* header : {"t=,v1=00", "t=x,v1=00", "t=-1,v1=00", "t=1.5,v1=00",
                               "t=99999999999999999999,v1=00", "t= 1,v1=00"}) {
        EXPECT_EQ(problem(header), "the time of the signature is not a number") << header;
    }
    // The largest and the smallest number are times like others.
    EXPECT_EQ(problem("t=9223372036854775807,v1=00"), "the signature is wrong");
    auto const far = sign(kSecret, kTarget, kBody, std::numeric_limits<std::int64_t>::max());
    EXPECT_NE(problem(far), "");
}

}  // namespace
}  // namespace tidegate::base
