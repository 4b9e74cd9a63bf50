#include "archive/core/object_key.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tidegate::archive {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kEnded =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 7} + 4h + 59min;

std::string key_of(std::string_view text, std::string_view path = "live/demo/out",
                   std::string_view file = "/rec/2026-03-07_04-00-00-000000.mp4") {
    auto const key = object_key(text, {path, file, kEnded});
    return key ? *key : "refused: " + key.error();
}

TEST(ObjectKey, FillsInPathFileAndTheTimeOfTheEnd) {
    EXPECT_EQ(key_of("%path/%file"), "live/demo/out/2026-03-07_04-00-00-000000.mp4");
    EXPECT_EQ(key_of("a/%path/%Y/%m/%d/%H/%file"),
              "a/live/demo/out/2026/03/07/04/2026-03-07_04-00-00-000000.mp4");
    EXPECT_EQ(key_of("100%%/%file", "x", "y.ts"), "100%/y.ts");
    EXPECT_EQ(key_of("%path-%file", "p%Y", "%file.mp4"), "p%Y-%file.mp4")
        << "names are no templates";
}

TEST(ObjectKey, RefusesWhatOthersWouldReadAsAnotherKey) {
    for (std::string const path : {"..", "a/../b", "./a", "a/.", "a\nb", "\x7f", "\xff"}) {
        EXPECT_TRUE(key_of("%path/%file", path).starts_with("refused")) << path;
    }
    EXPECT_TRUE(key_of("%path/%file", "/a").starts_with("refused"));
    EXPECT_TRUE(key_of("%path/%file", std::string(1024, 'a')).starts_with("refused"));
    EXPECT_FALSE(key_of("%path/%file", "a..b/...").starts_with("refused"));
    EXPECT_FALSE(key_of("%path/%file", "caf\xc3\xa9").starts_with("refused"));
}

TEST(ObjectKey, ATemplateNeedsTheFileAndKnownLetters) {
    EXPECT_EQ(key_template_problem("%path/%Y/%m/%d/%file"), "");
    for (auto const* text : {"", "%path", "%file/%x", "%", "%file%", "/%file", "../%file"}) {
        EXPECT_NE(key_template_problem(text), "") << text;
    }
}

TEST(PercentEncode, LeavesWhatASignatureLeaves) {
    EXPECT_EQ(percent_encode("aZ09-._~", false), "aZ09-._~");
    EXPECT_EQ(percent_encode("a/b c+\xc3\xa9", true), "a/b%20c%2B%C3%A9");
    EXPECT_EQ(percent_encode("a/b=", false), "a%2Fb%3D");
}

TEST(ContentType, IsThatOfTheEnding) {
    EXPECT_EQ(content_type("a.mp4"), "video/mp4");
    EXPECT_EQ(content_type("a.ts"), "video/mp2t");
    EXPECT_EQ(content_type("mp4"), "application/octet-stream");
}

}  // namespace
}  // namespace tidegate::archive
