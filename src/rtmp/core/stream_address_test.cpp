#include "rtmp/core/stream_address.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::rtmp {
namespace {

struct AddressRow {
    std::string_view who, tc_url, key, path, query;
};

void expect_all(std::vector<AddressRow> const& rows) {
    for (auto const& row : rows) {
        auto const address = make_stream_address(row.tc_url, "unused", row.key);
        EXPECT_EQ(address.path, row.path) << row.who;
        EXPECT_EQ(address.query, row.query) << row.who;
    }
}

TEST(StreamAddress, IsTheSameForEverySplitOfServerAndKey) {
    expect_all({
        {"all in the server field", "rtmp://host/live/demo/in", "", "live/demo/in", ""},
        {"OBS, vMix", "rtmp://host/live", "demo/in", "live/demo/in", ""},
        {"FFmpeg, GStreamer, FMLE", "rtmp://host/live/demo", "in", "live/demo/in", ""},
        {"trailing slash", "rtmp://host:1935/live/", "demo/in", "live/demo/in", ""},
        {"query in the key", "rtmp://host/live", "demo/in?token=x&lang=es", "live/demo/in",
         "token=x&lang=es"},
        {"Larix, DJI", "rtmp://host/live/demo/in?user=u&pass=p", "", "live/demo/in",
         "user=u&pass=p"},
        {"user:pass@", "rtmp://u:p@host/live", "demo/in", "live/demo/in", ""},
        {"RTMPS", "rtmps://host:1936/live", "demo/in", "live/demo/in", ""},
    });
}

TEST(StreamAddress, SurvivesOtherHabits) {
    expect_all({
        {"query in the server field and a key", "rtmp://h/live?x=1", "demo/in", "live/demo/in",
         "x=1"},
        {"both with a query", "rtmp://h/live?x=1", "demo/in?y=2", "live/demo/in", "x=1&y=2"},
        {"a key that is only a query", "rtmp://h/live/demo/in", "?user=u", "live/demo/in",
         "user=u"},
        {"slashes on both sides", "rtmp://h/live//", "/demo/in", "live/demo/in", ""},
        {"quoted tcUrl", "'rtmp://h/live'", "demo/in", "live/demo/in", ""},
        {"one element", "rtmp://h/stream", "", "stream", ""},
        {"one element with a query", "rtmp://h/stream?a=b", "", "stream", "a=b"},
        {"no path", "rtmp://h", "in", "in", ""},
        {"nothing", "rtmp://h/", "", "", ""},
        {"IPv6", "rtmp://[::1]:1935/live/demo", "in", "live/demo/in", ""},
        {"question mark in the query", "rtmp://h/live/demo", "in?a=?b", "live/demo/in", "a=?b"},
        {"two query marks joined", "rtmp://h/live/demo", "in?", "live/demo/in", ""},
        {"'@' in the key", "rtmp://h/live/demo", "in@x", "live/demo/in@x", ""},
        {"'://' in the key", "rtmp://h/live/demo", "in://x", "live/demo/in://x", ""},
    });
}

TEST(StreamAddress, LeavesHostileNamesToTheRouterDecodedOnce) {
    expect_all({
        {"dots", "rtmp://h/live", "../../etc/passwd/in", "live/../../etc/passwd/in", ""},
        {"dot", "rtmp://h/live", "./x/in", "live/./x/in", ""},
        {"inner double slash", "rtmp://h/live/x", "/y//in", "live/x/y//in", ""},
        {"trailing slash in the key", "rtmp://h/live", "x/in/", "live/x/in/", ""},
        {"escaped dots", "rtmp://h/live", "%2e%2e%2fx", "live/../x", ""},
        {"twice escaped", "rtmp://h/live", "%252e", "live/%2e", ""},
        {"escaped slash", "rtmp://h/live", "a%2Fb", "live/a/b", ""},
        {"escaped NUL", "rtmp://h/live", "a%00b", std::string_view("live/a\0b", 8), ""},
        {"overlong UTF-8", "rtmp://h/live", "%c0%ae", "live/\xc0\xae", ""},
        {"broken escape stays", "rtmp://h/live", "a%2", "live/a%2", ""},
        {"broken escape keeps all escapes", "rtmp://h/live", "%41%zz", "live/%41%zz", ""},
        {"raw bytes", "rtmp://h/live", "\xd1\x96n \"'\x7f", "live/\xd1\x96n \"'\x7f", ""},
        {"raw NUL", "rtmp://h/live", std::string_view("a\0b", 3), std::string_view("live/a\0b", 8),
         ""},
    });
}

TEST(StreamAddress, KeepsTheQueryToTheByte) {
    for (std::string_view const query :
         {"a=\"b\"", "a=b\nX: y", "'; rm -rf / #", "$(id)", "`id`", "${IFS}|&", "%0d%0a", "a=%",
          "--config=x", "a=%41+b", "#frag"}) {
        auto const address = make_stream_address("rtmp://h/live/x", "", "in?" + std::string(query));
        EXPECT_EQ(address.path, "live/x/in");
        EXPECT_EQ(address.query, query);
    }
}

TEST(StreamAddress, FallsBackToTheAppWhenTcUrlIsNoUrl) {
    EXPECT_EQ(make_stream_address("", "live/demo", "in").path, "live/demo/in");
    EXPECT_EQ(make_stream_address("live", "live/demo?a=b", "in").path, "live/demo/in");
    EXPECT_EQ(make_stream_address("live", "live/demo?a=b", "in").query, "a=b");
}

TEST(StreamAddress, ReadsTheUserOfTcUrl) {
    auto const address = make_stream_address("rtmp://al%40x:p%3Aw@host:1/live", "", "demo/in");
    EXPECT_EQ(address.user, "al@x");
    EXPECT_EQ(address.password, "p:w");
    EXPECT_EQ(make_stream_address("rtmp://al@host/live", "", "k").user, "al");
    EXPECT_EQ(make_stream_address("rtmp://host/live@x", "", "k").user, "");
}

TEST(QueryCredentials, AreDecodedAsAForm) {
    struct Credentials {
        std::string_view query, user, password, token;
    };
    for (auto const& row : {
             Credentials{"user=u&pass=p", "u", "p", ""},
             Credentials{"lang=es&pass=a%26b+c&user=x%40y", "x@y", "a&b c", ""},
             Credentials{"token=a.b.c", "", "", "a.b.c"},
             Credentials{"jwt=a.b=c", "", "", "a.b=c"},
             Credentials{"user=a&user=b", "a", "", ""},
             Credentials{"user=%zz&pass=%4", "", "", ""},
             Credentials{"&&user&=&pass=p&", "", "p", ""},
             Credentials{"User=u&xpass=p", "", "", ""},
         }) {
        auto const credentials = read_query_credentials(row.query);
        EXPECT_EQ(credentials.user, row.user) << row.query;
        EXPECT_EQ(credentials.password, row.password) << row.query;
        EXPECT_EQ(credentials.token, row.token) << row.query;
    }
}

TEST(QueryCredentials, AreFoundInAQueryOfTenThousandParameters) {
    std::string query;
    for (int i = 0; i < 10'000; ++i) query += "k" + std::to_string(i) + "=v&";
    EXPECT_EQ(read_query_credentials(query + "user=u").user, "u");
    EXPECT_TRUE(query_has(query, "k9999"));
    EXPECT_FALSE(query_has(query, "k"));
}

}  // namespace
}  // namespace tidegate::rtmp
