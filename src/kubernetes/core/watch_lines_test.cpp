#include "kubernetes/core/watch_lines.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace tidegate::kubernetes {
namespace {

using Fed = WatchLines::Fed;
using testing::ElementsAre;

struct HeardLines {
    Fed feed(std::string_view bytes) {
        return lines.feed(bytes, [this](std::string_view line) {
            heard.emplace_back(line);
            return line != "stop";
        });
    }
    WatchLines lines;
    std::vector<std::string> heard;
};

TEST(WatchLines, AreTheSameHoweverTheyAreSplit) {
    std::string const text = "one\n\ntwo and more\nthree\nrest";
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            HeardLines h;
            EXPECT_EQ(h.feed(text.substr(0, first)), Fed::more);
            EXPECT_EQ(h.feed(text.substr(first, second - first)), Fed::more);
            EXPECT_EQ(h.feed(text.substr(second)), Fed::more);
            EXPECT_THAT(h.heard, ElementsAre("one", "two and more", "three"));
            EXPECT_TRUE(h.lines.is_broken());
        }
    }
}

TEST(WatchLines, NothingIsHeardAfterTheStop) {
    HeardLines h;
    EXPECT_EQ(h.feed("a\nst"), Fed::more);
    EXPECT_EQ(h.feed("op\nb\n"), Fed::stopped);
    EXPECT_THAT(h.heard, ElementsAre("a", "stop"));
    EXPECT_FALSE(h.lines.is_broken());
}

TEST(WatchLines, ALineWithoutEndIsGivenUp) {
    HeardLines h;
    std::string const half(kMaxWatchLine / 2 + 1, 'x');
    EXPECT_EQ(h.feed(half), Fed::more);
    EXPECT_EQ(h.feed(half), Fed::too_long);
    EXPECT_TRUE(h.heard.empty());
}

}  // namespace
}  // namespace tidegate::kubernetes
