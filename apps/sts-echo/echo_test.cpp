#include "echo.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sounds.hpp"
#include "sts/core/json_fields.hpp"
#include "sts/core/packet.hpp"
#include "sts/io/look_at_clock.hpp"

namespace tidegate::echo {
namespace {

using namespace std::chrono_literals;

sts::AudioData pcm(std::chrono::milliseconds duration) {
    return {.format = std::string(sts::kFormatPcm),
            .sample_rate = 8000,
            .channels = 2,
            .duration = duration,
            .base64 = sts::encode_sound(
                base::Bytes(static_cast<std::size_t>(duration.count()) * 8 * 4, 1))};
}

TEST(Sounds, AToneHasTheLengthAndFormOfTheFragment) {
    auto const tone = tone_like(pcm(500ms), 3);
    EXPECT_EQ(tone.format, sts::kFormatPcm);
    EXPECT_EQ(tone.duration, 500ms);
    auto const bytes = sts::decode_sound(tone);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), 500U * 8 * 4);
    EXPECT_EQ(tone_frequency(3), 520.0);
    // A tone of 520 Hz crosses zero 520 times in half a second, give or take its ends.
    int crossings = 0;
    for (std::size_t i = 4; i + 4 < bytes->size(); i += 4) {
        bool const before = ((*bytes)[i - 3] & 0x80U) != 0;
        bool const after = ((*bytes)[i + 1] & 0x80U) != 0;
        crossings += before != after ? 1 : 0;
    }
    EXPECT_NEAR(crossings, 520, 3);
    EXPECT_NE(tone.base64, tone_like(pcm(500ms), 4).base64);
    EXPECT_EQ(tone_frequency(50), tone_frequency(0));
}

TEST(Sounds, PcmIsCutOrFilled) {
    auto const longer = with_length(pcm(100ms), 1.5);
    EXPECT_EQ(longer.duration, 150ms);
    EXPECT_EQ(sts::decode_sound(longer)->size(), 150U * 8 * 4);
    EXPECT_EQ(sts::decode_sound(with_length(pcm(100ms), 0.5))->size(), 50U * 8 * 4);
}

TEST(Sounds, OfAacWholeFramesAreTaken) {
    base::Bytes frame(10, 7);
    frame[0] = 0xFF;
    frame[1] = 0xF1;
    frame[3] = 0x80;
    frame[4] = 10 >> 3;
    frame[5] = static_cast<std::uint8_t>((10 & 7) << 5);
    base::Bytes ten;
    for (int i = 0; i < 10; ++i) ten.insert(ten.end(), frame.begin(), frame.end());
    sts::AudioData const audio{.duration = 200ms, .base64 = sts::encode_sound(ten)};
    EXPECT_EQ(sts::decode_sound(with_length(audio, 0.7))->size(), 70U);
    EXPECT_EQ(sts::decode_sound(with_length(audio, 1.2))->size(), 120U);
    sts::AudioData const other{.duration = 200ms, .base64 = "AAEC"};
    EXPECT_EQ(with_length(other, 2).base64, "AAEC");
}

TEST(Rules, AreRead) {
    auto const rule = parse_rule("nth_fragment=3:TIMEOUT");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->value, "3");
    EXPECT_EQ(rule->code, "TIMEOUT");
    EXPECT_TRUE(rule->retryable);
    EXPECT_FALSE(parse_rule("sequence_number=3:INVALID_CONFIG")->retryable);
    for (auto const* wrong : {"", "nth_fragment=3", "nth_fragment:TIMEOUT", "x=3:TIMEOUT",
                              "nth_fragment=a:TIMEOUT", "nth_fragment=3:"}) {
        EXPECT_FALSE(parse_rule(wrong)) << wrong;
    }
}

// An echo on a session without a socket; its time is the real one, so delays are not waited for.
struct EchoScript final : sts::ServiceConnection {
    explicit EchoScript(Behaviour behaviour)
        : session_(
              {}, [] { return std::string("id"); }, sts::look_at_clock()),
          echo(*this, std::move(behaviour), counters) {
        says("40");
        says(
            R"(42["stream:init",{"stream_id":"s","worker_id":"w","config":{"source_language":"en","target_language":"es"}}])");
        session_.output().clear();
    }
    void says(std::string_view text) { session_.on_message(text, sts::look_at_clock(), echo); }
    void fragment(int number) {
        says(
            R"(42["fragment:data",{"fragment_id":"f)" + std::to_string(number) +
            R"(","stream_id":"s","sequence_number":)" + std::to_string(number) +
            R"(,"audio":{"format":"m4a","sample_rate_hz":8000,"channels":1,"duration_ms":100,"data_base64":"AAEC"}}])");
    }
    // The processed events that are due in an hour, as "f0 success".
    std::vector<std::string> answers() {
        echo.check({sts::Clock::now() + 1h, 0});
        std::vector<std::string> found;
        for (auto const& message : session_.output()) {
            auto const text = message.text();
            if (!text.starts_with("42")) continue;
            auto const value = sts::parse_json(sts::parse_packet(text)->data);
            auto const& array = value->as_array();
            if (array[0].as_string() != "fragment:processed") continue;
            sts::Fields const fields(&array[1]);
            found.push_back(*fields.text("fragment_id") + " " + *fields.text("status"));
        }
        return found;
    }

    sts::ServerSession& session() override { return session_; }
    void send_raw(std::string) override {}
    void abort() override { aborted = true; }

    bool aborted = false;
    EchoCounters counters;
    sts::ServerSession session_;
    Echo echo;
};

TEST(Echo, AnswersWithTheSoundThatCame) {
    EchoScript script({});
    script.fragment(0);
    EXPECT_LE(script.echo.next(), sts::Clock::now());
    EXPECT_EQ(script.answers(), std::vector<std::string>{"f0 success"});
    EXPECT_TRUE(script.session_.output().back().text().contains("AAEC"));
    EXPECT_TRUE(script.session_.output().back().text().contains("[ECHO] Original audio (seq=0)"));
}

TEST(Echo, WaitsAndKeepsTheOrder) {
    EchoScript script({.delay = 10s, .jitter = 5s});
    for (int i = 0; i < 5; ++i) script.fragment(i);
    EXPECT_GT(script.echo.next(), sts::Clock::now() + 5s);
    EXPECT_EQ(script.answers(), (std::vector<std::string>{"f0 success", "f1 success", "f2 success",
                                                          "f3 success", "f4 success"}));
}

TEST(Echo, LosesReordersAndBreaksOff) {
    EchoScript lost({.loss = 100});
    lost.fragment(0);
    EXPECT_TRUE(lost.answers().empty());
    EXPECT_EQ(lost.session_.in_flight(), 0U);
    EchoScript mixed({.reorder = 50, .seed = 3});
    for (int i = 0; i < 10; ++i) mixed.fragment(i);
    auto const answers = mixed.answers();
    EXPECT_EQ(answers.size(), 10U);
    EXPECT_FALSE(std::ranges::is_sorted(answers));
    EchoScript broken({.disconnect_every = 2});
    broken.fragment(0);
    EXPECT_FALSE(broken.aborted);
    broken.fragment(1);
    EXPECT_TRUE(broken.aborted);
}

TEST(Echo, FailsWhereItIsTold) {
    EchoScript script({.rules = {*parse_rule("nth_fragment=2:TIMEOUT")}});
    for (int i = 0; i < 4; ++i) script.fragment(i);
    EXPECT_EQ(script.answers(),
              (std::vector<std::string>{"f0 success", "f1 failed", "f2 success", "f3 failed"}));
    script.session_.output().clear();
    script.says(
        R"(42["config:error_simulation",{"enabled":true,"rules":[{"trigger":"fragment_id","value":"f5","error_code":"GPU_OOM"}]}])");
    script.fragment(4);
    script.fragment(5);
    EXPECT_EQ(script.answers(), (std::vector<std::string>{"f4 success", "f5 failed"}));
}

TEST(Echo, DisconnectsWhenItIsAsked) {
    EchoScript script({});
    script.says(R"(42["simulate:disconnect",{"delay_ms":1000}])");
    EXPECT_GT(script.echo.next(), sts::Clock::now());
    script.answers();
    EXPECT_TRUE(script.session_.closed());
    EXPECT_EQ(script.session_.output().back().text(), "41");
}

}  // namespace
}  // namespace tidegate::echo
