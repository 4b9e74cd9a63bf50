#include "media/caption.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "media/web_vtt.hpp"

namespace tidegate::media {
namespace {

using std::chrono::milliseconds;

TEST(Caption, ATextIsOneLineOfUtf8) {
    EXPECT_EQ(caption_text("hola, ¿qué tal?"), "hola, ¿qué tal?");
    EXPECT_EQ(caption_text("  one\r\n\r\ntwo\tthree\x01 \x7f"), "one two three");
    EXPECT_EQ(caption_text("a\xff\xfe b\xc3"), "a b");
    EXPECT_EQ(caption_text("a\xe2\x80\xa8"
                           "b\xc2\x85"
                           "c"),
              "a b c");
    EXPECT_EQ(caption_text(std::string_view("\0\0", 2)), "");
    EXPECT_EQ(caption_text(""), "");
}

TEST(Caption, ALongTextIsCutBetweenCharacters) {
    std::string text;
    while (text.size() < 2 * kMaxCaptionText) text += "ñandú ";
    auto const cut = caption_text(text);
    EXPECT_LE(cut.size(), kMaxCaptionText);
    EXPECT_GT(cut.size(), kMaxCaptionText - 4);
    EXPECT_EQ(caption_text(cut), cut);
    EXPECT_TRUE(text.starts_with(cut));
    std::string const blanks(100'000, ' ');
    EXPECT_EQ(caption_text("a" + blanks + "b"), "a b");
}

TEST(Caption, ADurationIsPositiveAndAMinuteAtMost) {
    EXPECT_EQ(caption_duration(1500.5), std::chrono::microseconds(1'500'500));
    EXPECT_EQ(caption_duration(60'000), kMaxCaptionDuration);
    for (double const wrong : {0.0, -1.0, 60'000.1, 1e300, std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity()}) {
        EXPECT_FALSE(caption_duration(wrong)) << wrong;
    }
}

TEST(Caption, LanguagesAreTagsEachOnce) {
    using List = std::vector<std::string>;
    EXPECT_EQ(caption_languages("es,spa,pt-BR, ,../x,fr"), (List{"es", "pt-BR", "fr"}));
    EXPECT_EQ(caption_languages(""), List{});
    EXPECT_EQ(caption_languages("en,de,fr,es,it,pt,nl,sv,da,fi").size(), kMaxCaptionLanguages);
    EXPECT_EQ(caption_language_list({"es", "fr"}), "es,fr");
}

TEST(WebVtt, ACueHasNoMarkupAndNoArrow) {
    std::string text = "WEBVTT\n";
    append_web_vtt_cue(text, "7", milliseconds(0), milliseconds(3'723'004), "a <b>& c --> d");
    append_web_vtt_cue(text, "", milliseconds(360'000'000), milliseconds(360'000'001), "x");
    EXPECT_EQ(text,
              "WEBVTT\n\n7\n00:00:00.000 --> 01:02:03.004\na &lt;b&gt;&amp; c --&gt; d\n"
              "\n100:00:00.000 --> 100:00:00.001\nx\n");
}

}  // namespace
}  // namespace tidegate::media
