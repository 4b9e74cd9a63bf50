#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace tidegate::base {
namespace {

TEST(Utf8, TellsCharactersFromOtherBytes) {
    struct Case {
        std::string_view text;
        std::size_t length;
    };
    Case const cases[] = {
        {"a", 1},
        {std::string_view("\0", 1), 1},
        {"\x7F", 1},
        {"\xC3\xA9x", 2},
        {"\xE2\x82\xAC", 3},
        {"\xF0\x9F\x8E\xA5", 4},
        {"\xE9|", 0},     // Latin-1
        {"\xC0\xAF", 0},  // longer than it need be
        {"\xE0\x80\xAF", 0},
        {"\xED\xA0\x80", 0},      // a surrogate
        {"\xF4\x90\x80\x80", 0},  // beyond the last one
        {"\xC3", 0},
        {"\xE2\x82", 0},
        {"\x80", 0},
        {"\xFF", 0},
    };
    for (auto const& c : cases) EXPECT_EQ(utf8_length(c.text), c.length) << c.text;
}

TEST(Utf8, CodePointsAreDecoded) {
    struct Case {
        std::string_view text;
        std::uint32_t code_point;
    };
    Case const cases[] = {
        {"a", 'a'},
        {"\xC2\x80", 0x80},
        {"\xDF\xBF", 0x7FF},
        {"\xE0\xA0\x80", 0x800},
        {"\xED\x9F\xBF", 0xD7FF},
        {"\xEE\x80\x80", 0xE000},
        {"\xEF\xBF\xBF", 0xFFFF},
        {"\xF0\x90\x80\x80", 0x10000},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF},
    };
    for (auto const& c : cases) {
        auto const character = decode_utf8(c.text);
        EXPECT_EQ(character.code_point, c.code_point) << c.text;
        EXPECT_EQ(character.length, c.text.size()) << c.text;
    }
}

TEST(Utf8, APrefixNeverEndsInsideACharacter) {
    struct Case {
        std::string_view text;
        std::size_t most;
        std::string_view prefix;
    };
    Case const cases[] = {
        {"", 0, ""},
        {"abc", 3, "abc"},
        {"abc", 2, "ab"},
        {"a\xC3\xA9z", 2, "a"},
        {"a\xC3\xA9z", 3, "a\xC3\xA9"},
        {"\xF0\x9F\x8E\xA5", 3, ""},
        {"ab\xF0\x9F\x8E\xA5", 5, "ab"},
        {"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80"},  // no UTF-8: at most three bytes go
    };
    for (auto const& c : cases) EXPECT_EQ(utf8_prefix(c.text, c.most), c.prefix) << c.text;
}

}  // namespace
}  // namespace tidegate::base
