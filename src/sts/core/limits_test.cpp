#include <gtest/gtest.h>

#include <vector>

#include "sts/core/allowance.hpp"
#include "sts/core/audio_data.hpp"
#include "sts/core/breaker.hpp"
#include "sts/core/pacing.hpp"
#include "sts/core/reconnection.hpp"
#include "sts/core/service_url.hpp"

namespace tidegate::sts {
namespace {

Time const kStart{std::chrono::hours{1}};

TEST(Breaker, OpensAfterFailuresInARow) {
    Breaker breaker;
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.on_failure(kStart));
    EXPECT_TRUE(breaker.allows(kStart));
    breaker.on_success();
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.on_failure(kStart));
    EXPECT_TRUE(breaker.on_failure(kStart));
    EXPECT_EQ(breaker.state(kStart), Breaker::State::open);
    EXPECT_FALSE(breaker.allows(kStart));
    EXPECT_EQ(breaker.openings(), 1U);
}

Breaker opened() {
    Breaker breaker;
    for (int i = 0; i < 5; ++i) breaker.on_failure(kStart);
    return breaker;
}

TEST(Breaker, LetsExactlyOneProbeThrough) {
    auto breaker = opened();
    EXPECT_FALSE(breaker.allows(kStart + kBreakerOpen - 1ms));
    auto const later = kStart + kBreakerOpen;
    EXPECT_EQ(breaker.state(later), Breaker::State::half_open);
    EXPECT_TRUE(breaker.allows(later));
    breaker.on_sent(later);
    EXPECT_FALSE(breaker.allows(later));
    EXPECT_FALSE(breaker.allows(later + 1h));
    EXPECT_EQ(breaker.state(later), Breaker::State::half_open);
}

TEST(Breaker, AProbeDecides) {
    auto breaker = opened();
    auto const later = kStart + kBreakerOpen;
    breaker.on_sent(later);
    EXPECT_TRUE(breaker.on_failure(later));
    EXPECT_EQ(breaker.state(later), Breaker::State::open);
    EXPECT_FALSE(breaker.allows(later + kBreakerOpen - 1ms));
    breaker.on_sent(later + kBreakerOpen);
    breaker.on_success();
    EXPECT_EQ(breaker.state(later), Breaker::State::closed);
    EXPECT_TRUE(breaker.allows(later));
}

TEST(Breaker, AProbeThatTellsNothingIsFollowedByAnother) {
    auto breaker = opened();
    auto const later = kStart + kBreakerOpen;
    breaker.on_sent(later);
    breaker.on_neutral();
    EXPECT_TRUE(breaker.allows(later));
}

TEST(Breaker, OldFailuresDoNotProlongIt) {
    auto breaker = opened();
    EXPECT_FALSE(breaker.on_failure(kStart + 20s));
    EXPECT_TRUE(breaker.allows(kStart + kBreakerOpen));
}

TEST(Pacing, WaitsAsLongAsTheServiceAsks) {
    Pacing pacing;
    EXPECT_TRUE(pacing.allows(kStart));
    pacing.on_backpressure({BackpressureAction::slow_down, "low", 700ms}, kStart);
    EXPECT_FALSE(pacing.allows(kStart + 699ms));
    EXPECT_FALSE(pacing.paused(kStart));
    EXPECT_TRUE(pacing.allows(kStart + 700ms));
    pacing.on_backpressure({BackpressureAction::slow_down, "high", {}}, kStart);
    EXPECT_EQ(pacing.next(), kStart + 1000ms);
    pacing.on_backpressure({BackpressureAction::slow_down, "low", {}}, kStart);
    EXPECT_EQ(pacing.next(), kStart + 100ms);
    pacing.on_backpressure({BackpressureAction::slow_down, "medium", 1h}, kStart);
    EXPECT_EQ(pacing.next(), kStart + kMostSlowDown);
}

TEST(Pacing, APauseEndsWithNoneOrAfterItsLimit) {
    Pacing pacing;
    pacing.on_backpressure({BackpressureAction::pause, "high", 1s}, kStart);
    EXPECT_TRUE(pacing.paused(kStart + 20s));
    EXPECT_TRUE(pacing.allows(kStart + kPauseLimit));
    pacing.on_backpressure({BackpressureAction::pause, "high", {}}, kStart);
    pacing.on_backpressure({BackpressureAction::none, "low", {}}, kStart + 1s);
    EXPECT_TRUE(pacing.allows(kStart + 1s));
}

TEST(Reconnection, DoublesAndThenGoesOnForEver) {
    Reconnection reconnection(2s, 32s);
    std::vector<std::chrono::milliseconds> pauses;
    pauses.reserve(8);
    for (int i = 0; i < 8; ++i) pauses.push_back(reconnection.after_failure(0));
    EXPECT_EQ(pauses,
              (std::vector<std::chrono::milliseconds>{2s, 4s, 8s, 16s, 32s, 32s, 32s, 32s}));
    reconnection.on_success();
    EXPECT_EQ(reconnection.after_failure(0), 2s);
    EXPECT_EQ(reconnection.after_refusal(0), 32s);
}

TEST(Reconnection, JitterTakesOffATenthAtMost) {
    Reconnection reconnection(2s, 2s);
    for (std::uint64_t dice = 0; dice < 1000; ++dice) {
        auto const pause = reconnection.after_failure(dice);
        EXPECT_LE(pause, 2000ms);
        EXPECT_GE(pause, 1800ms);
    }
    EXPECT_NE(reconnection.after_failure(1), reconnection.after_failure(2));
}

TEST(Allowance, IsABurstAndThenARate) {
    Allowance allowance(100, 1000, kStart);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(allowance.take(1, kStart));
    EXPECT_FALSE(allowance.take(1, kStart));
    EXPECT_EQ(allowance.until(1, kStart), 10ms);
    EXPECT_TRUE(allowance.take(100, kStart + 1s));
    EXPECT_FALSE(allowance.take(1, kStart + 1s));
    EXPECT_TRUE(allowance.take(1000, kStart + 1h)) << "never more than the burst";
    EXPECT_FALSE(allowance.take(1, kStart + 1h));
}

TEST(Allowance, TenThousandMessagesASecondAreAFlood) {
    InboundAllowance allowance(kStart);
    int taken = 0;
    for (auto now = kStart; now < kStart + 1s; now += 100us) {
        if (allowance.take_message(10, now)) ++taken;
    }
    EXPECT_LE(taken, 1100);
}

TEST(Allowance, AGigabyteOfAnswersIsAFlood) {
    InboundAllowance allowance(kStart);
    int taken = 0;
    for (int i = 0; i < 64; ++i) taken += allowance.take_message(kMaxMessageBytes, kStart) ? 1 : 0;
    EXPECT_EQ(taken, 4);
}

TEST(Allowance, TenFragmentsOfPcmInFlightAreNone) {
    InboundAllowance allowance(kStart);
    for (auto now = kStart; now < kStart + 1h; now += 2s) {
        ASSERT_TRUE(allowance.take_message(1'540'000, now));
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(allowance.take_message(200, now));
    }
}

TEST(ServiceUrl, HasItsDefaults) {
    auto const plain = parse_service_url("ws://sts.example");
    ASSERT_TRUE(plain);
    EXPECT_FALSE(plain->tls);
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "/socket.io/?EIO=4&transport=websocket");
    EXPECT_EQ(plain->shown(), "ws://sts.example");
    auto const secure = parse_service_url("wss://[2001:db8::1]/dub/?a=b");
    ASSERT_TRUE(secure);
    EXPECT_TRUE(secure->tls);
    EXPECT_EQ(secure->host, "2001:db8::1");
    EXPECT_EQ(secure->host_header, "[2001:db8::1]");
    EXPECT_EQ(secure->port, 443);
    EXPECT_EQ(secure->target, "/dub/socket.io/?EIO=4&transport=websocket&a=b");
    EXPECT_EQ(parse_service_url("http://h:8000/socket.io")->target,
              "/socket.io/?EIO=4&transport=websocket");
    EXPECT_EQ(parse_service_url("https://h:8443/")->port, 8443);
}

TEST(ServiceUrl, IsRefusedWithASentence) {
    EXPECT_EQ(parse_service_url("h:8000").error(), "scheme must be ws, wss, http or https");
    EXPECT_EQ(parse_service_url("rtmp://h").error(), "scheme must be ws, wss, http or https");
    EXPECT_EQ(parse_service_url("ws://").error(), "the URL has no host");
    EXPECT_EQ(parse_service_url("ws://h:0").error(), "the URL's port is not 1 to 65535");
    EXPECT_EQ(parse_service_url("ws://h:99999").error(), "the URL's port is not 1 to 65535");
    EXPECT_EQ(parse_service_url("not a url").error(), "invalid URL");
    EXPECT_TRUE(parse_service_url("ws://u:p@h").error().contains("token"));
}

TEST(AudioData, IsEncodedAndDecoded) {
    base::Bytes const sound{0, 1, 2, 255};
    AudioData audio{.base64 = encode_sound(sound)};
    EXPECT_EQ(audio.base64, "AAEC/w==");
    EXPECT_EQ(decode_sound(audio), sound);
    audio.base64 = "not base 64!";
    EXPECT_FALSE(decode_sound(audio));
}

}  // namespace
}  // namespace tidegate::sts
