#include "router/paths/path_match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PathMatcher matcher_of(std::string_view yaml) {
    auto const conf = config::mediamtx::parse(yaml, {});
    EXPECT_TRUE(conf.has_value()) << conf.error();
    auto matcher = PathMatcher::create(*conf);
    EXPECT_TRUE(matcher.has_value());
    return std::move(*matcher);
}

constexpr auto kPaths = R"(
paths:
  all_others:
  live/fixed/in:
  "~^live/([^/]+)/in$":
  "~^live/(a)?(b)?x":
  "~z":
)";

TEST(PathMatcher, TakesTheExactKeyThenExpressionsInByteOrderThenAllOthers) {
    auto const matcher = matcher_of(kPaths);
    struct Row {
        std::string_view name, conf;
    };
    for (auto const& row :
         {Row{"live/fixed/in", "live/fixed/in"}, Row{"live/s1/in", "~^live/([^/]+)/in$"},
          Row{"live/abx", "~^live/(a)?(b)?x"}, Row{"one/zoo", "~z"},
          Row{"live/zoo/in", "~^live/([^/]+)/in$"}, Row{"other", "all_others"},
          Row{"a//b", "all_others"}, Row{"all_others", "all_others"}, Row{"~z", "~z"}}) {
        auto const match = matcher.find(row.name);
        ASSERT_TRUE(match.has_value()) << row.name << ": " << match.error();
        EXPECT_EQ(match->conf->name, row.conf) << row.name;
    }
}

TEST(PathMatcher, GivesTheGroupsAndEmptyOnesForThoseThatTookNoPart) {
    auto const matcher = matcher_of(kPaths);
    EXPECT_THAT(matcher.find("live/s1/in")->groups, ElementsAre("s1"));
    EXPECT_THAT(matcher.find("live/bx")->groups, ElementsAre("", "b"));
    EXPECT_THAT(matcher.find("live/fixed/in")->groups, IsEmpty());
    EXPECT_THAT(matcher.find("other")->groups, IsEmpty());
}

TEST(PathMatcher, RefusesNamesThatAreNoPaths) {
    auto const matcher = matcher_of(kPaths);
    struct Row {
        std::string_view name, why;
    };
    auto const characters =
        "can contain only alphanumeric characters, underscore, dot, minus, slash";
    for (auto const& row :
         {Row{"", "cannot be empty"}, Row{"/live/x/in", "can't begin with a slash"},
          Row{"live/x/in/", "can't end with a slash"}, Row{"live/x y", characters},
          Row{"live/../../etc/passwd/in", "can't contain dot path segments"},
          Row{"live/./x/in", "can't contain dot path segments"}, Row{"~other", characters},
          Row{"live/x/in/..", "can't contain dot path segments"},
          Row{"live/\xc0\xae/in", characters}, Row{std::string_view("live/\0/in", 9), characters},
          Row{"live/x?a=b", characters}, Row{"live/x:in", characters}}) {
        auto const match = matcher.find(row.name);
        ASSERT_FALSE(match.has_value()) << row.name;
        EXPECT_EQ(match.error(), "invalid path name: " + std::string(row.why) + " (" +
                                     std::string(row.name) + ")");
    }
}

TEST(PathMatcher, APasswordInANameIsNotInTheSentenceAboutIt) {
    auto const match = matcher_of(kPaths).find("live/x/in;user=bob&pass=hunter2");
    ASSERT_FALSE(match.has_value());
    EXPECT_THAT(match.error(), testing::EndsWith("(live/x/in;user=***&pass=***)"));
}

TEST(PathMatcher, SaysWhatIsNotConfigured) {
    auto const matcher = matcher_of("paths:\n  a:\n");
    EXPECT_EQ(matcher.find("b").error(), "path 'b' is not configured");
    EXPECT_EQ(matcher_of("").find("b").error(), "path 'b' is not configured");
}

TEST(PathMatcher, IsNotSlowedByHostileExpressionsAndNames) {
    auto const matcher = matcher_of("paths:\n  '~^(a+)+$':\n");
    EXPECT_FALSE(matcher.find(std::string(50'000, 'a') + "b").has_value());
}

}  // namespace
}  // namespace tidegate::router
