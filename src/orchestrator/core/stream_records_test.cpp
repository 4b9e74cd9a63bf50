#include "orchestrator/core/stream_records.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

TEST(StreamRecords, KeepTheLastLinesAndEvents) {
    StreamRecords records;
    EXPECT_EQ(records.find("a"), nullptr);
    for (int i = 0; i < 1000; ++i) {
        records.add_line("a", std::to_string(i));
        records.add_event("a", "transition", std::to_string(i));
    }
    auto const* const record = records.find("a");
    ASSERT_NE(record, nullptr);
    ASSERT_EQ(record->lines.size(), kRecordedLines);
    EXPECT_EQ(record->lines.front(), "800");
    EXPECT_EQ(record->lines.back(), "999");
    ASSERT_EQ(record->events.size(), kRecordedEvents);
    EXPECT_EQ(record->events.front().json, "900");
    EXPECT_EQ(record->events.back().type, "transition");
}

TEST(StreamRecords, LongLinesLeaveFewOfThem) {
    StreamRecords records;
    std::string const line(4096, 'x');
    for (int i = 0; i < 100; ++i) records.add_line("a", line);
    EXPECT_EQ(records.find("a")->lines.size(), kRecordedLineBytes / line.size());
    records.add_line("a", std::string(kRecordedLineBytes * 2, 'y'));
    EXPECT_EQ(records.find("a")->lines.size(), 1U);
    EXPECT_EQ(records.find("a")->line_bytes, kRecordedLineBytes);
}

TEST(StreamRecords, TheStreamThatWasSilentForLongestIsForgottenForANewOne) {
    StreamRecords records;
    for (std::size_t i = 0; i < kMaxRecords; ++i) records.add_line(std::to_string(i), "x");
    records.add_line("0", "again");
    records.add_line("new", "x");
    EXPECT_EQ(records.size(), kMaxRecords);
    EXPECT_NE(records.find("0"), nullptr);
    EXPECT_EQ(records.find("1"), nullptr);
    EXPECT_NE(records.find("new"), nullptr);
}

TEST(StreamRecords, StreamsThatOnlyHooksNameDriveNoListedOneOut) {
    StreamRecords records;
    records.add_sample("live", {}, Time{std::chrono::seconds{1}});
    for (std::size_t i = 0; i < 3 * kMaxRecords; ++i) {
        records.add_event(std::to_string(i), "hook", "{}");
    }
    EXPECT_EQ(records.size(), kMaxRecords);
    EXPECT_NE(records.find("live"), nullptr);
    for (std::size_t i = 0; i < 2 * kMaxRecords; ++i) {
        records.add_sample("listed" + std::to_string(i), {}, Time{std::chrono::seconds{2}});
    }
    EXPECT_EQ(records.size(), kMaxRecords);
    EXPECT_EQ(records.find("live"), nullptr);
}

}  // namespace
}  // namespace tidegate::orchestrator
