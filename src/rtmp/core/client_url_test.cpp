#include "rtmp/core/client_url.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/stream_address.hpp"

namespace tidegate::rtmp {
namespace {

TEST(ClientUrl, IsSplitAsFfmpegDoes) {
    struct Row {
        std::string_view text, host;
        std::uint16_t port;
        std::string_view app, key, tc_url;
    };
    for (auto const& row : {
             Row{"rtmp://h/live/demo/in", "h", 1935, "live/demo", "in", "rtmp://h:1935/live/demo"},
             Row{"rtmp://h:99/live/a/b/in", "h", 99, "live/a", "b/in", "rtmp://h:99/live/a"},
             Row{"rtmp://h/live/in", "h", 1935, "live", "in", "rtmp://h:1935/live"},
             Row{"rtmp://h/stream", "h", 1935, "stream", "", "rtmp://h:1935/stream"},
             Row{"rtmp://h/stream?a=b", "h", 1935, "stream?a=b", "", "rtmp://h:1935/stream?a=b"},
             Row{"rtmp://h/live/demo/in?user=u&pass=p", "h", 1935, "live/demo", "in?user=u&pass=p",
                 "rtmp://h:1935/live/demo"},
             Row{"rtmps://h/live/x/in", "h", 1936, "live/x", "in", "rtmps://h:1936/live/x"},
             Row{"rtmp://[::1]:1935/live/x/in", "::1", 1935, "live/x", "in",
                 "rtmp://[::1]:1935/live/x"},
             Row{"rtmp://h/live/d%20e/in%2F", "h", 1935, "live/d%20e", "in%2F",
                 "rtmp://h:1935/live/d%20e"},
         }) {
        auto const url = parse_client_url(row.text);
        ASSERT_TRUE(url) << row.text << ": " << url.error();
        EXPECT_EQ(url->host, row.host) << row.text;
        EXPECT_EQ(url->port, row.port) << row.text;
        EXPECT_EQ(url->app, row.app) << row.text;
        EXPECT_EQ(url->key, row.key) << row.text;
        EXPECT_EQ(url->tc_url, row.tc_url) << row.text;
        EXPECT_EQ(url->tls, row.text.starts_with("rtmps:"));
    }
}

TEST(ClientUrl, KeepsUserAndPasswordOutOfTcUrl) {
    auto const url = parse_client_url("rtmp://u%40x:p@h/live/demo/in");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->user, "u@x");
    EXPECT_EQ(url->password, "p");
    EXPECT_EQ(url->tc_url, "rtmp://h:1935/live/demo");
}

TEST(ClientUrl, PutsUserAndPasswordIntoTheQueryOnce) {
    struct Row {
        std::string_view text, key, tc_url;
    };
    for (auto const& row : {
             Row{"rtmp://u:p@h/live/demo/in", "in?user=u&pass=p", "rtmp://h:1935/live/demo"},
             Row{"rtmp://u%26x:p%20%3D@h/live/demo/in?a=b", "in?a=b&user=u%26x&pass=p%20%3D",
                 "rtmp://h:1935/live/demo"},
             Row{"rtmp://u:p@h/live/demo/in?user=v&pass=q", "in?user=v&pass=q",
                 "rtmp://h:1935/live/demo"},
             Row{"rtmp://u:p@h/stream", "", "rtmp://h:1935/stream?user=u&pass=p"},
             Row{"rtmp://h/live/demo/in", "in", "rtmp://h:1935/live/demo"},
         }) {
        auto url = parse_client_url(row.text);
        ASSERT_TRUE(url) << row.text;
        add_credentials_to_query(*url);
        EXPECT_EQ(url->key, row.key) << row.text;
        EXPECT_EQ(url->tc_url, row.tc_url) << row.text;
        auto const address = make_stream_address(url->tc_url, url->app, url->key);
        auto const read = read_query_credentials(address.query);
        EXPECT_EQ(read.user, row.key.contains("user=v") ? "v" : url->user);
    }
}

TEST(ClientUrl, IsJoinedToTheSamePathByTheServer) {
    for (std::string_view const path : {"stream", "live/in", "live/demo/in", "live/a/b/c"}) {
        auto const url = parse_client_url("rtmp://h/" + std::string(path) + "?q=1");
        ASSERT_TRUE(url);
        auto const address = make_stream_address(url->tc_url, url->app, url->key);
        EXPECT_EQ(address.path, path);
        EXPECT_EQ(address.query, "q=1");
    }
}

TEST(ClientUrl, RefusesWithAReason) {
    struct Row {
        std::string_view text, error;
    };
    for (auto const& row : {
             Row{"", "invalid URL"},
             Row{"live/demo/in", "invalid URL"},
             Row{"rtmp://h/a b", "invalid URL"},
             Row{"rtmp://h/a%zz", "invalid URL"},
             Row{"http://h/live", "scheme must be rtmp or rtmps"},
             Row{"file:///etc/passwd", "scheme must be rtmp or rtmps"},
             Row{"rtmp:///live", "the URL has no host"},
             Row{"rtmp://h:0/live", "the URL's port is not 1 to 65535"},
             Row{"rtmp://h:65536/live", "the URL's port is not 1 to 65535"},
             Row{"rtmp://h:70000/live", "the URL's port is not 1 to 65535"},
             Row{"rtmp://h", "the URL has no path"},
             Row{"rtmp://h/", "the URL has no path"},
             Row{"rtmp://h/?a=b", "the URL has no path"},
         }) {
        auto const url = parse_client_url(row.text);
        ASSERT_FALSE(url) << row.text;
        EXPECT_EQ(url.error(), row.error) << row.text;
    }
}

TEST(TargetUrl, HasItsKeyBehindTheLastSlashOrTheHash) {
    struct Row {
        std::string_view text;
        std::uint16_t port;
        std::string_view app, key, tc_url;
    };
    for (auto const& row : {
             Row{"rtmp://a.example/live2/abcd-efgh", 1935, "live2", "abcd-efgh",
                 "rtmp://a.example:1935/live2"},
             Row{"rtmps://a.example/rtmp/FB-1-Ab?s_bl=1&s_sc=2/3", 443, "rtmp",
                 "FB-1-Ab?s_bl=1&s_sc=2/3", "rtmps://a.example:443/rtmp"},
             Row{"rtmp://a.example:99/app/instance/key", 99, "app/instance", "key",
                 "rtmp://a.example:99/app/instance"},
             Row{"rtmp://a.example/app/instance#key/with/slashes?a=b", 1935, "app/instance",
                 "key/with/slashes?a=b", "rtmp://a.example:1935/app/instance"},
             Row{"rtmp://a.example/app?token=t#key", 1935, "app?token=t", "key",
                 "rtmp://a.example:1935/app?token=t"},
             Row{"rtmp://[2001:db8::1]/live/k%20y", 1935, "live", "k%20y",
                 "rtmp://[2001:db8::1]:1935/live"},
             Row{"rtmp://a.example/live/in?user=u&pass=p", 1935, "live", "in?user=u&pass=p",
                 "rtmp://a.example:1935/live"},
         }) {
        auto const url = parse_target_url(row.text);
        ASSERT_TRUE(url) << row.text << ": " << url.error();
        EXPECT_EQ(url->port, row.port) << row.text;
        EXPECT_EQ(url->app, row.app) << row.text;
        EXPECT_EQ(url->key, row.key) << row.text;
        EXPECT_EQ(url->tc_url, row.tc_url) << row.text;
        EXPECT_EQ(url->login, LoginForm::when_asked);
    }
}

TEST(TargetUrl, MustHaveAppAndKey) {
    for (std::string_view const text :
         {"rtmp://h", "rtmp://h/", "rtmp://h/live", "rtmp://h/live/", "rtmp://h/live/?a=b",
          "rtmp://h/#key", "rtmp://h/live#", "rtmp:///live/key", "rtmp://h:0/live/key",
          "http://h/live/key", "file:///etc/passwd", "concat:rtmp://h/live/key",
          "rtmp://h/live/key live=1 swfUrl=x", "tcp://h/live/key", "live/key", ""}) {
        EXPECT_FALSE(parse_target_url(text)) << text;
    }
}

}  // namespace
}  // namespace tidegate::rtmp
