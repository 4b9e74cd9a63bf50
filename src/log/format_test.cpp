#include "log/format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>

namespace tidegate::log {
namespace {

using namespace std::chrono_literals;

// 2026-01-02T10:00:00.123456789Z
constexpr auto kTime = std::chrono::system_clock::time_point(1'767'348'000'123'456'789ns);

class FormatTest : public ::testing::Test {
protected:
    void SetUp() override { zone("UTC"); }
    void TearDown() override { zone("UTC"); }

    static void zone(char const* name) {
        ::setenv("TZ", name, 1);
        ::tzset();
    }

    static std::string line(Format format, std::string_view message,
                            std::span<Field const> fields = {},
                            std::chrono::system_clock::time_point time = kTime) {
        std::string out;
        append_line(out, format,
                    {.time = time,
                     .level = Level::warn,
                     .component = "media-service",
                     .event = "hook.received",
                     .message = message,
                     .fields = fields});
        return out;
    }
};

TEST_F(FormatTest, JsonHasTheConventionsKeysThenTheFields) {
    std::array const fields{Field{"streamId", "demo"}, Field{"durationMs", std::int64_t{-12}},
                            Field{"ratio", 0.5}, Field{"stale", true}};
    EXPECT_EQ(line(Format::json, "ready \"now\"", fields),
              "{\"ts\":\"2026-01-02T10:00:00.123456Z\",\"level\":\"warn\",\"component\":\"media-"
              "service\","
              "\"event\":\"hook.received\",\"msg\":\"ready \\\"now\\\"\",\"streamId\":\"demo\","
              "\"durationMs\":-12,\"ratio\":0.5,\"stale\":true}\n");
}

TEST_F(FormatTest, JsonNumbersAlwaysParse) {
    for (double const value :
         {0.0, -0.0, 1e300, 5e-324, 0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
        std::array const fields{Field{"n", value}};
        boost::system::error_code error;
        auto const parsed = boost::json::parse(line(Format::json, "m", fields), error);
        ASSERT_FALSE(error) << value;
        EXPECT_EQ(parsed.at("n").is_null(), !std::isfinite(value));
    }
}

TEST_F(FormatTest, TextReadsAsKeysAndValues) {
    std::array const fields{Field{"path", "live/demo/in"}, Field{"reason", "a b"},
                            Field{"empty", ""}, Field{"n", std::int64_t{3}}};
    EXPECT_EQ(line(Format::text, "hi", fields),
              "2026-01-02T10:00:00.123456Z WAR media-service hook.received: hi path=live/demo/in "
              "reason=\"a b\" empty=\"\" n=3\n");
}

TEST_F(FormatTest, MediaMtxPlainIsLocalTimeAndShortLevel) {
    std::array const fields{Field{"path", "left out"}};
    zone("CET-1");
    EXPECT_EQ(line(Format::mediamtx, "[RTMP] hello", fields, kTime + 24h),
              "2026/01/03 11:00:00 WAR [RTMP] hello\n");
}

TEST_F(FormatTest, MediaMtxStructuredHasThreeKeys) {
    EXPECT_EQ(line(Format::mediamtx_structured, "hello"),
              "{\"timestamp\":\"2026-01-02T10:00:00.123456789Z\",\"level\":\"WAR\","
              "\"message\":\"hello\"}\n");
    zone("XXX+3:30");
    EXPECT_EQ(line(Format::mediamtx_structured, "hello", {}, kTime + 48h - 456'789ns),
              "{\"timestamp\":\"2026-01-04T06:30:00.123-03:30\",\"level\":\"WAR\",\"message\":"
              "\"hello\"}\n");
}

TEST_F(FormatTest, NoFormatLetsALineFeedThrough) {
    std::array const fields{Field{"a\nb", "c\nd"}};
    for (auto const format :
         {Format::json, Format::text, Format::mediamtx, Format::mediamtx_structured}) {
        auto const text = line(format, "x\ny", fields);
        EXPECT_EQ(text.find('\n'), text.size() - 1);
    }
}

TEST_F(FormatTest, LongTextsAreCutBetweenCharacters) {
    std::string const text = std::string(kMaxTextBytes - 1, 'a') + "é" + std::string(100, 'b');
    auto const json = line(Format::json, text);
    EXPECT_NE(json.find(std::string(kMaxTextBytes - 1, 'a') + "…\""), std::string::npos);
}

}  // namespace
}  // namespace tidegate::log
