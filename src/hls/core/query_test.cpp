#include "hls/core/query.hpp"

#include <gtest/gtest.h>

namespace tidegate::hls {
namespace {

// What Go's url.ParseQuery and url.Values.Encode make of them.
TEST(Query, IsWrittenAnewAsByGo) {
    struct Case {
        char const* raw;
        char const* encoded;
    };
    Case const cases[] = {
        {"", ""},
        {"b=2&a=1", "a=1&b=2"},
        {"token=abc&session=x", "session=x&token=abc"},
        {"b=2&a=1&b=1", "a=1&b=2&b=1"},
        {"a", "a="},
        {"a=b=c", "a=b%3Dc"},
        {"a=%20+x", "a=++x"},
        {"a=%c3%a4/~-_.", "a=%C3%A4%2F~-_."},
        {"&&a=1&", "a=1"},
        {"a=1;b=2&c=3", "c=3"},
        {"a=%zz&b=%4&c=3", "c=3"},
        {"a=\"\r\n<", "a=%22%0D%0A%3C"},
        {"=1", "=1"},
    };
    for (auto const& c : cases) EXPECT_EQ(Query(c.raw).encoded(), c.encoded) << c.raw;
}

TEST(Query, GivesTheFirstValueOfAKey) {
    Query const query("a=1&b=%41&a=2&c");
    EXPECT_EQ(*query.get("a"), "1");
    EXPECT_EQ(*query.get("b"), "A");
    EXPECT_EQ(*query.get("c"), "");
    EXPECT_EQ(query.get("d"), nullptr);
}

TEST(Query, LosesAndGetsPairs) {
    Query query("cookieCheck=1&a=1&_HLS_msn=7&%5fHLS_part=2&_HLS_new=x&session=old&session=older");
    query.erase("cookieCheck");
    query.erase_directives();
    query.set("session", "new&old");
    EXPECT_EQ(query.encoded(), "a=1&session=new%26old");
}

}  // namespace
}  // namespace tidegate::hls
