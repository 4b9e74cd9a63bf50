#include "media/language.hpp"

#include <gtest/gtest.h>

namespace tidegate::media {
namespace {

std::string code_of(std::string_view tag) {
    auto const code = iso_639_2(tag);
    return {code.begin(), code.end()};
}

TEST(Language, TagsAreThoseOfTheRfc) {
    EXPECT_EQ(language_tag("es"), "es");
    EXPECT_EQ(language_tag("ES"), "es");
    EXPECT_EQ(language_tag("pt-BR"), "pt-BR");
    EXPECT_EQ(language_tag("zh-Hant-TW"), "zh-Hant-TW");
    EXPECT_EQ(language_tag("spa"), "es");
    EXPECT_EQ(language_tag("ger"), "de");
    EXPECT_EQ(language_tag("deu-AT"), "de-AT");
    EXPECT_EQ(language_tag("aar"), "aa");
    EXPECT_EQ(language_tag("zul"), "zu");
    EXPECT_EQ(language_tag("chi"), "zh");
    EXPECT_EQ(language_tag("gsw"), "gsw");  // has three letters only
}

TEST(Language, WhatIsNoTagIsNotKnown) {
    for (auto const* const text :
         {"", "und", "UND", "zxx", "e", "e1", "-", "es-", "-es", "es--419", "e\"s", "es BR",
          "es\r\n", "Spanish language", "españ", "verylongword", "en-verylongword",
          "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"}) {
        EXPECT_EQ(language_tag(text), "") << text;
    }
}

TEST(Language, HasACodeOfThreeLetters) {
    EXPECT_EQ(code_of("es"), "spa");
    EXPECT_EQ(code_of("pt-BR"), "por");
    EXPECT_EQ(code_of("fr"), "fra");
    EXPECT_EQ(code_of("gsw"), "gsw");
    EXPECT_EQ(code_of(""), "und");
    EXPECT_EQ(code_of("xx"), "und");
    EXPECT_EQ(code_of("pa-"), "pan");
}

TEST(TrackName, IsShortCleanText) {
    EXPECT_EQ(track_name("Español (doblado)"), "Español (doblado)");
    EXPECT_EQ(track_name("a\r\nb\tc\x7f"
                         "d"),
              "abcd");
    EXPECT_EQ(track_name("a\xff\xc3z"), "az");
    EXPECT_EQ(track_name(std::string(kMaxTrackName + 5, 'n')), std::string(kMaxTrackName, 'n'));
    EXPECT_EQ(track_name(std::string(kMaxTrackName - 1, 'n') + "ñ"),
              std::string(kMaxTrackName - 1, 'n'));
}

}  // namespace
}  // namespace tidegate::media
