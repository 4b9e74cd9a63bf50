#include "log/escape.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tidegate::log {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json(out, text);
    return out;
}
std::string plain(std::string_view text) {
    std::string out;
    append_plain(out, text);
    return out;
}

TEST(Escape, JsonEscapesWhatJsonMustNotHold) {
    EXPECT_EQ(json("plain text"), "plain text");
    EXPECT_EQ(json("a\"b\\c"), R"(a\"b\\c)");
    EXPECT_EQ(json("\n\r\t"), R"(\n\r\t)");
    EXPECT_EQ(json(std::string_view("\0\x1b\x7f", 3)), R"(\u0000\u001b\u007f)");
}

TEST(Escape, JsonKeepsValidUtf8AndReplacesTheRest) {
    EXPECT_EQ(json("é€😀"), "é€😀");
    struct Case {
        char const* name;
        std::string_view bytes;
    };
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    for (auto const& [name, bytes] : {
             Case{"a lone continuation", "\x80"},
             Case{"a lone lead", "\xC3"},
             Case{"never a byte of UTF-8", "\xFF"},
         }) {
        EXPECT_EQ(json(bytes), kReplacement) << name;
    }
    EXPECT_EQ(json("\xC0\xAE"), std::string(kReplacement) + std::string(kReplacement))
        << "overlong";
    EXPECT_EQ(json("\xED\xA0\x80").size(), 9U) << "a surrogate";
    EXPECT_EQ(json("\xF4\x90\x80\x80").size(), 12U) << "past U+10FFFF";
    EXPECT_EQ(json("\xE2\x82x"), std::string(kReplacement) + std::string(kReplacement) + "x")
        << "a character that is cut short";
}

TEST(Escape, EveryPairOfBytesIsOneJsonStringThatParses) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            std::string const text{static_cast<char>(first), static_cast<char>(second)};
            boost::system::error_code error;
            auto const escaped = "\"" + json(text) + "\"";
            auto const value = boost::json::parse(escaped, error);
            ASSERT_FALSE(error) << first << " " << second;
            ASSERT_TRUE(value.is_string());
            if (first < 128 && second < 128) {
                ASSERT_EQ(value.as_string(), text);
            }
        }
    }
}

TEST(Escape, PlainTextCannotForgeALine) {
    EXPECT_EQ(plain("a\nERR forged"), "a\\nERR forged");
    EXPECT_EQ(plain("\x1b[31m"), "\\x1b[31m");
    EXPECT_EQ(plain("\xC2\x9B"), "\\u009b") << "the one-byte CSI of an 8-bit terminal";
    EXPECT_EQ(plain("\xE2\x80\xAE"), "\\u202e") << "right-to-left override";
    EXPECT_EQ(plain("\xFF"), "\\xff");
    EXPECT_EQ(plain(R"(say "hi" \o/)"), R"(say "hi" \o/)");
}

TEST(Escape, QuotedTextCannotEndItsQuotes) {
    std::string out;
    append_quoted(out, "a\" b=\"c\\");
    EXPECT_EQ(out, R"(a\" b=\"c\\)");
}

}  // namespace
}  // namespace tidegate::log
