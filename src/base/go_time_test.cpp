#include "base/go_time.hpp"

#include <gtest/gtest.h>

namespace tidegate::base {
namespace {

using namespace std::chrono_literals;

constexpr GoTime kTime = std::chrono::sys_days{std::chrono::January / 2 / 2026} + 10h + 7s;

TEST(GoTime, ReadsTimes) {
    EXPECT_EQ(parse_go_time("2026-01-02T10:00:07Z"), kTime);
    EXPECT_EQ(parse_go_time("2026-01-02T10:00:07.1Z"), kTime + 100ms);
    EXPECT_EQ(parse_go_time("2026-01-02T10:00:07,1234567Z"), kTime + 123456us);
    EXPECT_EQ(parse_go_time("2026-01-02T11:30:07+01:30"), kTime);
    EXPECT_EQ(parse_go_time("2026-01-01T23:00:07-11:00"), kTime);
    EXPECT_EQ(parse_go_time("0000-01-01T00:00:00Z").has_value(), true);
    EXPECT_EQ(parse_go_time("9999-12-31T23:59:59.999999-99:99").has_value(), true);
}

TEST(GoTime, SaysWhatIsWrongInGosWords) {
    auto const error = [](std::string_view text) {
        auto const read = parse_go_time(text);
        return read ? "none" : read.error();
    };
    constexpr auto kLayout = " as \"2006-01-02T15:04:05Z07:00\": cannot parse ";
    EXPECT_EQ(error(""), std::string("parsing time \"\"") + kLayout + "\"\" as \"2006\"");
    EXPECT_EQ(error("2026-01-02"),
              std::string("parsing time \"2026-01-02\"") + kLayout + "\"\" as \"T\"");
    EXPECT_EQ(error("2026-01-02T10:00:07"),
              std::string("parsing time \"2026-01-02T10:00:07\"") + kLayout + "\"\" as \"Z07:00\"");
    EXPECT_EQ(error("2026-13-02T10:00:07Z"),
              "parsing time \"2026-13-02T10:00:07Z\": month out of range");
    EXPECT_EQ(error("2026-02-30T10:00:07Z"),
              "parsing time \"2026-02-30T10:00:07Z\": day out of range");
    EXPECT_EQ(error("2026-01-02T10:00:07Zx"),
              "parsing time \"2026-01-02T10:00:07Zx\": extra text: \"x\"");
    EXPECT_NE(error("2026-01-02t10:00:07z"), "none");
    EXPECT_NE(error("+026-01-02T10:00:07Z"), "none");
}

}  // namespace
}  // namespace tidegate::base
