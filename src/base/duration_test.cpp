#include "base/duration.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace tidegate::base {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsGoFormAndDays) {
    struct Row {
        std::string_view text;
        Duration value;
    };
    std::array const rows{
        Row{"10s", 10s},
        Row{"1m30s", 90s},
        Row{"500ms", 500ms},
        Row{"1.5h", 90min},
        Row{"-2s", -2s},
        Row{"+2s", 2s},
        Row{"0", 0s},
        Row{"-0", 0s},
        Row{"1d", 24h},
        Row{"1d2h", 26h},
        Row{"-1d2h", -26h},
        Row{"3d", 72h},
        Row{"7us", 7us},
        Row{"7\xC2\xB5s", 7us},
        Row{"7\xCE\xBCs", 7us},
        Row{"12ns", 12ns},
        Row{".5s", 500ms},
        Row{"1.s", 1s},
        Row{"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
        Row{"1s1s", 2s},
        Row{"0.100000000000000000000h", 6min},
    };
    for (auto const& row : rows) {
        auto const parsed = parse_duration(row.text);
        ASSERT_TRUE(parsed.has_value()) << row.text << ": " << parsed.error();
        EXPECT_EQ(*parsed, row.value) << row.text;
    }
}

TEST(ParseDuration, SaysWhatIsWrong) {
    struct Row {
        std::string_view text;
        std::string_view error;
    };
    std::array const rows{
        Row{"", R"(time: invalid duration "")"},
        Row{"10", R"(time: missing unit in duration "10")"},
        Row{"1d5", R"(time: missing unit in duration "5")"},
        Row{"10x", R"(time: unknown unit "x" in duration "10x")"},
        Row{"s", R"(time: invalid duration "s")"},
        Row{"-", R"(time: invalid duration "-")"},
        Row{".s", R"(time: invalid duration ".s")"},
        Row{"1 s", R"(time: unknown unit " s" in duration "1 s")"},
        Row{"10000000h", R"(time: invalid duration "10000000h")"},
        Row{"99999999999999999999s", R"(time: invalid duration "99999999999999999999s")"},
        Row{"200000d", R"(time: invalid duration "200000d")"},
        Row{"99999999999999999999d", R"(time: invalid duration "99999999999999999999d")"},
        Row{"106751d24h", R"(time: invalid duration "106751d24h")"},
    };
    for (auto const& row : rows) {
        auto const parsed = parse_duration(row.text);
        ASSERT_FALSE(parsed.has_value()) << row.text;
        EXPECT_EQ(parsed.error(), row.error);
    }
}

TEST(FormatDuration, PrintsAsMediamtxDoes) {
    EXPECT_EQ(format_duration(0s), "0s");
    EXPECT_EQ(format_duration(10s), "10s");
    EXPECT_EQ(format_duration(90s), "1m30s");
    EXPECT_EQ(format_duration(1h), "1h0m0s");
    EXPECT_EQ(format_duration(24h), "1d");
    EXPECT_EQ(format_duration(26h), "1d2h0m0s");
    EXPECT_EQ(format_duration(1500ms), "1.5s");
    EXPECT_EQ(format_duration(500ms), "500ms");
    EXPECT_EQ(format_duration(1500us), "1.5ms");
    EXPECT_EQ(format_duration(1500ns), "1.5\xC2\xB5s");
    EXPECT_EQ(format_duration(7ns), "7ns");
    EXPECT_EQ(format_duration(-26h), "-1d2h0m0s");
    EXPECT_EQ(format_duration(Duration{std::numeric_limits<std::int64_t>::min()}),
              "-106751d23h47m16.854775807s");
}

TEST(FormatDuration, IsReadBackAsTheSame) {
    for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 7; value *= 7) {
        auto const text = format_duration(Duration{value});
        auto const parsed = parse_duration(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(parsed->count(), value) << text;
    }
}

}  // namespace
}  // namespace tidegate::base
