#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "base/lower_case.hpp"
#include "base/random.hpp"
#include "base/stream_id.hpp"
#include "base/time.hpp"

namespace tidegate::base {
namespace {

TEST(StreamId, AcceptsTheDocumentedAlphabetOnly) {
    for (auto const& good : {std::string("demo"), std::string("A-b_9"), std::string("-"),
                             std::string("--help"), std::string(128, 'a')}) {
        EXPECT_TRUE(is_stream_id(good)) << good;
    }
    std::string const nul("a\0b", 3);
    for (std::string const& bad :
         {std::string(), std::string(129, 'a'), std::string("a/b"), std::string("a.b"),
          std::string("\xd1\x96n"), std::string("a b"), std::string("a\n"), nul}) {
        EXPECT_FALSE(is_stream_id(bad)) << bad;
    }
}

TEST(StreamPath, IsTheWholeStringAndNothingElse) {
    auto const in = parse_stream_path("live/demo/in");
    ASSERT_TRUE(in);
    EXPECT_EQ(in->stream_id, "demo");
    EXPECT_EQ(in->direction, Direction::in);
    EXPECT_EQ(parse_stream_path("live/demo/out")->direction, Direction::out);
    for (auto const* bad :
         {"", "live", "live/", "live/in", "live//in", "live/demo", "live/demo/", "live/demo/IN",
          "live/demo/in/", "/live/demo/in", "live/a/b/in", "live/../in", "live/demo/in\n",
          "x/live/demo/in", "live/demo/inx", "Live/demo/in"}) {
        EXPECT_FALSE(parse_stream_path(bad)) << bad;
    }
}

TEST(StreamPath, IsWrittenAsItIsRead) {
    EXPECT_EQ(stream_path("demo", Direction::in), "live/demo/in");
    EXPECT_EQ(stream_path("demo", Direction::out), "live/demo/out");
}

TEST(Time, TicksSurviveTheWayThereAndBack) {
    for (std::uint32_t const rate : {1000U, 8000U, 44100U, 48000U, 90000U}) {
        for (std::int64_t ticks = -100'000; ticks < 100'000; ticks += 7) {
            EXPECT_EQ(to_ticks(from_ticks(ticks, rate), rate), ticks) << rate;
        }
        std::int64_t const year = std::int64_t{rate} * 86400 * 366;
        EXPECT_EQ(to_ticks(from_ticks(year + 1, rate), rate), year + 1);
    }
    EXPECT_EQ(from_ticks(90000, 90000), std::chrono::seconds(1));
}

TEST(Random, BytesOfAUuidSayTheirVersion) {
    auto const uuid = random_uuid_bytes();
    EXPECT_EQ(uuid[6] >> 4, 4);     // version
    EXPECT_EQ(uuid[8] >> 6, 0b10);  // variant
    EXPECT_NE(uuid, random_uuid_bytes());
}

TEST(Random, AnIdOf32DigitsIsNeverTheSame) {
    std::regex const form("[0-9a-f]{32}");
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        auto const id = random_hex_id();
        EXPECT_TRUE(std::regex_match(id, form)) << id;
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(Random, EveryBitIsSometimesSetAndSometimesNot) {
    std::uint64_t ever = 0;
    std::uint64_t always = ~std::uint64_t{0};
    for (int i = 0; i < 200; ++i) {  // a bit stays the same by chance once in 2^199 runs
        auto const bits = random_bits();
        ever |= bits;
        always &= bits;
    }
    EXPECT_EQ(ever, ~std::uint64_t{0});
    EXPECT_EQ(always, 0U);
}

TEST(Uuid, IsMadeOfGivenBitsButForVersionAndVariant) {
    EXPECT_EQ(uuid_from(0, 0), "00000000-0000-4000-8000-000000000000");
    EXPECT_EQ(uuid_from(~0ULL, ~0ULL), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    EXPECT_EQ(uuid_from(0x0123456789abcdef, 0xfedcba9876543210),
              "01234567-89ab-4def-bedc-ba9876543210");
}

TEST(LowerCase, ChangesAsciiLettersOnly) {
    EXPECT_EQ(lower_case("Content-LENGTH \xC3\x84@[`{"), "content-length \xC3\x84@[`{");
    EXPECT_EQ(lower_case(""), "");
    EXPECT_EQ(lower_first("Address already in use"), "address already in use");
    EXPECT_EQ(lower_first("ABC"), "aBC");
    EXPECT_EQ(lower_first(""), "");
}

TEST(Uuid, IsARandomVersion4) {
    std::regex const form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        auto const id = random_uuid();
        EXPECT_TRUE(std::regex_match(id, form)) << id;
        EXPECT_TRUE(seen.insert(id).second);
    }
}

}  // namespace
}  // namespace tidegate::base
