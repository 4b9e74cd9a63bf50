#include "orchestrator/io/process/log_lines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LogLinesTest : public testing::Test {
protected:
    std::vector<std::string> lines_;
    std::size_t cut_ = 0;
    std::uint64_t dropped_lines_ = 0;
    std::uint64_t dropped_bytes_ = 0;
    std::size_t reports_ = 0;
    Time now_ = Time{} + seconds{100};
    LogLines log_{{.on_line =
                       [this](std::string_view line, bool is_cut) {
                           lines_.emplace_back(line);
                           cut_ += is_cut ? 1 : 0;
                       },
                   .on_dropped =
                       [this](std::uint64_t lines, std::uint64_t bytes) {
                           ++reports_;
                           dropped_lines_ += lines;
                           dropped_bytes_ += bytes;
                       }},
                  now_};
};

TEST_F(LogLinesTest, SplitsTheSameHoweverTheBytesCome) {
    std::string const text = "one\n\ntwo and more\nthree";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        lines_.clear();
        for (std::size_t at = 0; at < text.size(); at += piece) {
            log_.feed(std::string_view(text).substr(at, piece), now_);
        }
        log_.finish(now_);
        EXPECT_EQ(lines_, (std::vector<std::string>{"one", "", "two and more", "three"})) << piece;
    }
    EXPECT_EQ(reports_, 0U);
}

TEST_F(LogLinesTest, AGigabyteWithoutALineFeedIsOneCutLine) {
    std::string const block(1 << 20, 'x');
    for (int i = 0; i < 1024; ++i) log_.feed(block, now_);
    EXPECT_TRUE(lines_.empty());
    log_.feed("\nnext\n", now_);
    ASSERT_EQ(lines_.size(), 2U);
    EXPECT_EQ(lines_[0], std::string(kMaxLogLine, 'x'));
    EXPECT_EQ(lines_[1], "next");
    EXPECT_EQ(cut_, 1U);
}

TEST_F(LogLinesTest, AFloodIsCountedAndTheBudgetReturnsWithTime) {
    std::string const line(100, 'y');
    for (int i = 0; i < 100'000; ++i) log_.feed(line + "\n", now_);
    auto const burst = lines_.size();
    EXPECT_EQ(burst, kLogBurstBytes / (line.size() + kLogLineCost));
    EXPECT_EQ(reports_, 0U);
    // Half of what resumes it: still nothing.
    log_.feed(line + "\n", now_ + milliseconds{900});
    EXPECT_EQ(lines_.size(), burst);
    log_.feed(line + "\n", now_ + seconds{3});
    EXPECT_EQ(lines_.size(), burst + 1);
    EXPECT_EQ(reports_, 1U);
    EXPECT_EQ(dropped_lines_, 100'000 - burst + 1);
    EXPECT_EQ(dropped_bytes_, dropped_lines_ * (line.size() + 1));
}

TEST_F(LogLinesTest, ASteadyFloodStaysWithinItsRate) {
    std::size_t passed = 0;
    for (int step = 0; step < 60'000; ++step) {  // a minute of 50 lines a millisecond
        for (int i = 0; i < 50; ++i) log_.feed("a line of forty characters, more or less\n", now_);
        now_ += milliseconds{1};
    }
    for (auto const& line : lines_) passed += line.size() + kLogLineCost;
    EXPECT_LE(passed, kLogBurstBytes + 60 * kLogBytesPerSecond);
    EXPECT_GE(passed, 60 * kLogBytesPerSecond / 2);
    EXPECT_LE(reports_, 60U);
}

TEST_F(LogLinesTest, TheEndReportsWhatWasDropped) {
    for (int i = 0; i < 10'000; ++i) log_.feed("z\n", now_);
    log_.finish(now_);
    EXPECT_EQ(dropped_lines_ + lines_.size(), 10'000U);
}

}  // namespace
}  // namespace tidegate::orchestrator
