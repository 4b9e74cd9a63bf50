#include "http/target.hpp"

#include <gtest/gtest.h>

namespace tidegate::http {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

TEST(Target, DecodesThePathAndTheQuery) {
    struct Case {
        char const* target;
        char const* path;
        Query query;
    };
    for (auto const& [text, path, query] : std::vector<Case>{
             {"/", "/", {}},
             {"/v3/paths/get/live%2Fs1%2Fin", "/v3/paths/get/live/s1/in", {}},
             {"/a%20b", "/a b", {}},
             {"/a+b?c+d=e%2Bf", "/a+b", {{"c d", "e+f"}}},
             {"/x?a=1&a=2&b&=c&&", "/x", {{"a", "1"}, {"a", "2"}, {"b", ""}, {"", "c"}}},
             {"/x?a=b=c?d", "/x", {{"a", "b=c?d"}}},
             {"/x?a=\"b\"|{}[]\\^`<>", "/x", {{"a", "\"b\"|{}[]\\^`<>"}}},
             {"/\xC3\xA9\xFF", "/\xC3\xA9\xFF", {}},
             {"/x?", "/x", {}},
             {"//x/../y", "//x/../y", {}},
             {"*", "*", {}},
             {"http://host:80/a%20b?c=d", "/a b", {{"c", "d"}}},
             {"http://host", "/", {}},
         }) {
        auto const parsed = parse_target(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error();
        EXPECT_EQ(parsed->path, path) << text;
        EXPECT_EQ(parsed->query, query) << text;
    }
}

TEST(Target, RefusesWhatCannotBeDecoded) {
    for (auto const* text :
         {"", "x", "/%", "/%2", "/%zz", "/%00", "/x?a=%", "/x?%=a", "/x?a=%0", "/x?a=%00", "/x#y",
          "/x?a#b", "ftp://host/x", "ftp://host/x", "host:80", "http://[::1/x", "?a=b", "**"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
}

}  // namespace
}  // namespace tidegate::http
