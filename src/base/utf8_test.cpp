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

}  // namespace
}  // namespace tidegate::base
