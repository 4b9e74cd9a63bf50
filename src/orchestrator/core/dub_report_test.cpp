#include "orchestrator/core/dub_report.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

constexpr std::string_view kWholeReport =
    R"({"language":"es","mode":"original","reason":"service-down","detail":"connection refused",)"
    R"("sent":120,"inFlight":2,"dubbed":115,"fallbacks":{"late":3,"timed-out":2},"rttP50Ms":812.5,)"
    R"("rttP95Ms":1430,"breaker":"open","delayMs":10000,"stretch":1.04,"loudnessDb":-1.5,)"
    R"("reconnections":4,"backpressure":1,"later":{"unknown":[]}})";

TEST(DubReport, IsReadWhole) {
    auto const report = parse_dub_report(kWholeReport);
    ASSERT_TRUE(report);
    DubReport expected;
    expected.language = "es";
    expected.mode = "original";
    expected.reason = "service-down";
    expected.detail = "connection refused";
    expected.sent = 120;
    expected.dubbed = 115;
    expected.fallbacks = {{"late", 3}, {"timed-out", 2}};
    expected.in_flight = 2;
    expected.reconnections = 4;
    expected.backpressure = 1;
    expected.rtt_p50_ms = 812.5;
    expected.rtt_p95_ms = 1430;
    expected.breaker = "open";
    expected.delay_ms = 10000;
    expected.stretch = 1.04;
    expected.loudness_db = -1.5;
    EXPECT_EQ(*report, expected);
}

TEST(DubReport, WhatIsMissingIsNotKnown) {
    auto const report = parse_dub_report(R"({"language":"es"})");
    ASSERT_TRUE(report);
    DubReport expected;
    expected.language = "es";
    EXPECT_EQ(*report, expected);
}

TEST(DubReport, WhatIsOfTheWrongKindIsNotKnownEither) {
    auto const report = parse_dub_report(
        R"({"language":"es","mode":7,"reason":"<b>","detail":null,"sent":-1,"inFlight":"2",)"
        R"("dubbed":1.5,"fallbacks":{"late":"x","<script>":1},"rttP50Ms":1e300,"stretch":[],)"
        R"("breaker":{}})");
    ASSERT_TRUE(report);
    DubReport expected;
    expected.language = "es";
    expected.fallbacks = {{"late", 0}};
    EXPECT_EQ(*report, expected);
}

TEST(DubReport, WithoutALanguageItIsNone) {
    for (auto const* const text : {"", "{", "[]", "7", R"({"mode":"dubbed"})", R"({"language":7})",
                                   R"({"language":"../es"})", R"({"language":"es")",
                                   "{\"language\":\"es\",\"detail\":\"\xff\"}"}) {
        EXPECT_FALSE(parse_dub_report(text)) << text;
        EXPECT_FALSE(parse_dub_caption(text)) << text;
    }
}

TEST(DubReport, TextsAndReasonsAreBounded) {
    std::string many =
        R"({"language":"es","detail":")" + std::string(5000, 'd') + R"(","fallbacks":{)";
    for (int i = 0; i < 100; ++i) many += "\"r" + std::to_string(i) + "\":1,";
    auto const report = parse_dub_report(many + R"("last":1}})");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->fallbacks.size(), kMaxFallbackReasons);
    EXPECT_EQ(report->detail.size(), kMaxDubText);
}

TEST(DubCaption, IsReadWhole) {
    auto const caption = parse_dub_caption(
        R"({"language":"es","fragment":12,"at":1760000000500,"durationMs":3200,"dubbed":true,)"
        R"("transcript":"good\nevening","translation":"buenas noches"})");
    ASSERT_TRUE(caption);
    DubCaption expected;
    expected.language = "es";
    expected.fragment = 12;
    expected.at = std::chrono::system_clock::time_point{std::chrono::milliseconds{1760000000500}};
    expected.duration = std::chrono::milliseconds{3200};
    expected.dubbed = true;
    expected.transcript = "good evening";
    expected.translation = "buenas noches";
    EXPECT_EQ(*caption, expected);
}

TEST(DubCaption, TimesAreBounded) {
    auto const caption = parse_dub_caption(
        R"({"language":"es","at":18446744073709551615,"durationMs":18446744073709551615})");
    ASSERT_TRUE(caption);
    EXPECT_EQ(caption->duration, std::chrono::milliseconds{60'000});
    EXPECT_GT(caption->at, std::chrono::system_clock::time_point{});
}

}  // namespace
}  // namespace tidegate::orchestrator
