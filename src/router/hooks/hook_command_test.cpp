#include "router/hooks/hook_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tidegate::router {
namespace {

using testing::ElementsAreArray;

TEST(SplitCommand, FollowsTheShellsWordRules) {
    struct Row {
        std::string_view command;
        std::vector<std::string> words;
    };
    for (auto const& row : std::vector<Row>{
             {"", {}},
             {" \t\n ", {}},
             {"/hooks/mtx-hook ready", {"/hooks/mtx-hook", "ready"}},
             {"  a   b\tc\n", {"a", "b", "c"}},
             {"a 'b c' d", {"a", "b c", "d"}},
             {"a \"b c\" d", {"a", "b c", "d"}},
             {"a''b", {"ab"}},
             {"'' \"\"", {"", ""}},
             {"a\\ b c", {"a b", "c"}},
             {"'a\\nb'", {"a\\nb"}},
             {"\"a\\nb\"", {"a\\nb"}},
             {"\"a\\\"b\\\\c\\$d\\`\"", {"a\"b\\c$d`"}},
             {"a\\\nb", {"ab"}},
             {"a \\\n b", {"a", "b"}},
             {"\"a\\\nb\"", {"ab"}},
             {"curl http://h/w?path=$MTX_PATH&id=1", {"curl", "http://h/w?path=$MTX_PATH&id=1"}},
             {"sh -c 'echo \"$X\" | cat'", {"sh", "-c", "echo \"$X\" | cat"}},
             {"X=1 cmd > f; rm *", {"X=1", "cmd", ">", "f;", "rm", "*"}},
         }) {
        auto const words = split_command(row.command);
        ASSERT_TRUE(words.has_value()) << row.command << ": " << words.error();
        EXPECT_THAT(*words, ElementsAreArray(row.words)) << row.command;
    }
}

TEST(SplitCommand, RefusesWhatIsNotClosed) {
    EXPECT_EQ(split_command("a 'b").error(), "Unterminated single-quoted string");
    EXPECT_EQ(split_command("a \"b").error(), "Unterminated double-quoted string");
    EXPECT_EQ(split_command("\"b\\").error(), "Unterminated double-quoted string");
    EXPECT_EQ(split_command("a \\").error(), "Unterminated backslash-escape");
    EXPECT_FALSE(split_command(std::string(kMaxCommandBytes + 1, 'a')).has_value());
}

TEST(ExpandVariables, EatsWhatGoEats) {
    std::map<std::string, std::string, std::less<>> const values{
        {"MTX_PATH", "live/s1/in"}, {"G1", "s1"}, {"_x", "u"}, {"1", "one"}};
    auto const value = [&](std::string_view name) -> std::string_view {
        auto const found = values.find(name);
        return found == values.end() ? std::string_view() : std::string_view(found->second);
    };
    struct Row {
        std::string_view word, expanded;
    };
    for (auto const& row : {Row{"plain", "plain"},
                            Row{"$MTX_PATH", "live/s1/in"},
                            Row{"${MTX_PATH}x", "live/s1/inx"},
                            Row{"a$G1/b", "as1/b"},
                            Row{"$G1$G1", "s1s1"},
                            Row{"$MISSING.", "."},
                            Row{"$_x", "u"},
                            Row{"$", "$"},
                            Row{"a$", "a$"},
                            Row{"$ a", "$ a"},
                            Row{"$/", "$/"},
                            Row{"$%", "$%"},
                            Row{"$$", ""},
                            Row{"$?x", "x"},
                            Row{"$!", ""},
                            Row{"$@", ""},
                            Row{"$*", ""},
                            Row{"$#", ""},
                            Row{"$-", ""},
                            Row{"$1x", "onex"},
                            Row{"$12", "one2"},
                            Row{"${1}", "one"},
                            Row{"${X:-y}", ""},
                            Row{"${}a", "a"},
                            Row{"${G1", "G1"},
                            Row{"${", ""},
                            Row{"${?}z", "z"},
                            Row{"\"$G1\"", "\"s1\""}}) {
        EXPECT_EQ(expand_variables(row.word, value), row.expanded) << row.word;
    }
}

TEST(ExpandVariables, DoesNotExpandWhatAVariableHolds) {
    EXPECT_EQ(expand_variables("$A", [](auto) { return std::string_view("$(id) $A `id`"); }),
              "$(id) $A `id`");
}

TEST(QueryEscape, KeepsOnlyUnreservedCharacters) {
    EXPECT_EQ(query_escape("lang=es"), "lang%3Des");
    EXPECT_EQ(query_escape("lang=es&x=1"), "lang%3Des%26x%3D1");
    EXPECT_EQ(query_escape("a b~c-d_e.f"), "a+b~c-d_e.f");
    EXPECT_EQ(query_escape("%2F+\n\xff"), "%252F%2B%0A%FF");
    EXPECT_EQ(query_escape(""), "");
}

}  // namespace
}  // namespace tidegate::router
