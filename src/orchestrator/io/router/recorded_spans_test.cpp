#include "orchestrator/io/router/recorded_spans.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::orchestrator {
namespace {

std::string item(int minute, std::string const& duration = "12.5") {
    auto const two = (minute < 10 ? "0" : "") + std::to_string(minute);
    return R"({"start":"2026-01-02T10:)" + two + R"(:00.25+01:00","duration":)" + duration +
           R"(,"url":"http://x/get?a=1"})";
}

TEST(RecordedSpans, AreReadWithTheirTimes) {
    auto const read = parse_spans("[" + item(7) + "," + item(8, "61") + "]", kMostSpans);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->spans.size(), 2U);
    EXPECT_FALSE(read->more);
    auto const& first = read->spans[0];
    EXPECT_EQ(first.start, "2026-01-02T10:07:00.25+01:00");
    EXPECT_EQ(first.begins, base::parse_go_time("2026-01-02T09:07:00.25Z"));
    EXPECT_EQ(first.seconds, 12.5);
    EXPECT_EQ(first.ends(), base::parse_go_time("2026-01-02T09:07:12.75Z"));
    EXPECT_EQ(read->spans[1].seconds, 61);
    EXPECT_TRUE(parse_spans("[]", kMostSpans)->spans.empty());
}

TEST(RecordedSpans, OfManyTheNewestAreKept) {
    std::string list = "[";
    for (int i = 0; i < 60; ++i) list += (i == 0 ? "" : ",") + item(i);
    auto const read = parse_spans(list + "]", 3);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->more);
    ASSERT_EQ(read->spans.size(), 3U);
    EXPECT_EQ(read->spans[0].start, "2026-01-02T10:57:00.25+01:00");
    EXPECT_EQ(read->spans[2].start, "2026-01-02T10:59:00.25+01:00");
    EXPECT_FALSE(parse_spans(list + "]", 60)->more);
}

TEST(RecordedSpans, WhatIsNoListIsAnError) {
    for (auto const* text :
         {"", "{}", "null", "[1]", "[{}]", R"([{"start":"yesterday","duration":1}])",
          R"([{"start":"2026-01-02T10:00:00Z"}])",
          R"([{"start":"2026-01-02T10:00:00Z","duration":"1"}])", "[[[[", "<html>"}) {
        EXPECT_FALSE(parse_spans(text, kMostSpans)) << text;
    }
}

TEST(RecordedSpans, ALengthThatIsNoneBecomesOne) {
    EXPECT_EQ(parse_spans("[" + item(1, "-3") + "]", 9)->spans[0].seconds, 0);
    EXPECT_LT(parse_spans("[" + item(1, "1e300") + "]", 9)->spans[0].seconds, 1e9);
}

TEST(PathEntries, ThoseThatRecordAreFoundInAList) {
    using Names = std::set<std::string, std::less<>>;
    EXPECT_EQ(parse_recording_entries(
                  R"({"itemCount":3,"items":[{"name":"all_others","record":false},)"
                  R"({"name":"~^live/","record":true},{"name":"live/a/out","record":true},7]})"),
              (Names{"live/a/out", "~^live/"}));
    EXPECT_EQ(parse_recording_entries(R"({"items":[]})"), Names{});
    EXPECT_EQ(parse_recording_entries(R"({"error":"x"})"), std::nullopt);
    EXPECT_EQ(parse_recording_entries("["), std::nullopt);
}

TEST(PathEntries, SayWhetherTheyRecord) {
    auto const entry = parse_path_entry(
        R"({"name":"all_others","record":true,"recordFormat":"mpegts","recordPartDuration":"2s"})");
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->name, "all_others");
    EXPECT_TRUE(entry->records());
    EXPECT_TRUE(entry->is_mpegts());
    EXPECT_EQ(entry->part(), std::chrono::seconds(2));
    auto const other = parse_path_entry(R"({"record":"yes","recordPartDuration":7})");
    EXPECT_FALSE(other->records());
    EXPECT_FALSE(other->is_mpegts());
    EXPECT_EQ(other->part(), std::chrono::seconds(1));
    EXPECT_FALSE(parse_path_entry("[]"));
}

TEST(PathEntries, ACopyDiffersInItsRecordingOnly) {
    auto const entry = parse_path_entry(
        R"({"name":"~^live/","record":false,"runOnAvailable":"mtx-hook ready $MTX_PATH","maxReaders":7})");
    auto const copy = own_entry(*entry, true);
    ASSERT_TRUE(copy);
    EXPECT_EQ(boost::json::parse(*copy),
              boost::json::parse(
                  R"({"record":true,"runOnAvailable":"mtx-hook ready $MTX_PATH","maxReaders":7})"));
}

TEST(PathEntries, CommandsThatNeedAGroupCannotBeCopied) {
    auto const with = [](std::string const& command) {
        return own_entry(*parse_path_entry(R"({"runOnAvailable":")" + command + R"("})"), true);
    };
    EXPECT_FALSE(with("say $G1"));
    EXPECT_FALSE(with("say $G $G9"));
    EXPECT_TRUE(with("say $G $GO $G0 G1"));
}

TEST(Recorders, TheStateOfOnePathIsFound) {
    constexpr auto kList = R"({"itemCount":2,"pageCount":1,"items":[
        {"path":"live/a/in","state":"recording","error":""},
        {"path":"live/b/in","state":"failing","error":"no space left"}]})";
    auto const found = parse_recorder(kList, "live/b/in");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, "failing");
    EXPECT_EQ(found->error, "no space left");
    EXPECT_FALSE(parse_recorder(kList, "live/c/in"));
    for (auto const* text : {"", "[]", "{}", R"({"items":7})", R"({"items":[7]})"}) {
        EXPECT_FALSE(parse_recorder(text, "live/b/in")) << text;
    }
}

TEST(Recorders, TheReasonOfAnErrorIsFound) {
    EXPECT_EQ(error_in(R"({"status":"error","error":"path not found"})"), "path not found");
    for (auto const* text : {"404 page not found", "", "7", R"({"error":7})"}) {
        EXPECT_EQ(error_in(text), "") << text;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
