#include "orchestrator/core/router_address.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

RouterAddress const kPattern{
    {}, "http://127.0.0.1:9997", "rtsp://127.0.0.1:8554", "rtmps://127.0.0.1:1936"};

TEST(RouterAddress, IsReadFromAHostOrFromItsUrls) {
    struct Case {
        char const* text;
        RouterAddress expected;
    };
    for (auto const& [text, expected] : {
             Case{"10.0.0.5",
                  {"10.0.0.5:9997", "http://10.0.0.5:9997", "rtsp://10.0.0.5:8554",
                   "rtmps://10.0.0.5:1936"}},
             Case{"a.example:1",
                  {"a.example:1", "http://a.example:1", "rtsp://a.example:8554",
                   "rtmps://a.example:1936"}},
             Case{"https://a.example",
                  {"a.example:9997", "https://a.example:9997", "rtsp://a.example:8554",
                   "rtmps://a.example:1936"}},
             Case{"http://[::1]:7",
                  {"[::1]:7", "http://[::1]:7", "rtsp://[::1]:8554", "rtmps://[::1]:1936"}},
             Case{
                 "http://127.0.0.1:1+rtmp://127.0.0.1:3+rtsp://127.0.0.1:2",
                 {"127.0.0.1:1", "http://127.0.0.1:1", "rtsp://127.0.0.1:2", "rtmp://127.0.0.1:3"}},
         }) {
        auto const read = parse_router(text, kPattern);
        ASSERT_TRUE(read) << text << ": " << read.error();
        EXPECT_EQ(*read, expected) << text;
    }
    for (auto const* const text :
         {"", "rtsp://h:1", "http://h:1/path", "http://u:p@h:1", "h:0", "h:70000", "h+http://h:2",
          "h+rtsp://h:1/x", "h+", "a b", "http://h:1?x=1"}) {
        EXPECT_FALSE(parse_router(text, kPattern)) << text;
    }
}

TEST(RouterAddress, SeveralAreAListOrAName) {
    auto const listed = parse_routers({"a:1,b:1", "c:1"}, kPattern);
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->listed.size(), 3U);
    EXPECT_EQ(listed->only(), nullptr);
    auto const named = parse_routers({"dns:routers.media.svc:9997"}, kPattern);
    ASSERT_TRUE(named);
    EXPECT_EQ(named->named, (RouterName{"routers.media.svc", "9997"}));
    EXPECT_FALSE(parse_routers({"a:1", "a:1"}, kPattern)) << "twice";
    EXPECT_FALSE(parse_routers({"dns:a:1,dns:b:1"}, kPattern));
    for (auto const* const text : {"dns:", "dns:a", "dns::1", "dns:a:x", "dns:a b:1"}) {
        EXPECT_FALSE(parse_routers({text}, kPattern)) << text;
    }
    EXPECT_NE(one_router("http://h:1", "rtsp://h:2", "rtmp://h:3").only(), nullptr);
}

TEST(RouterAddress, IsFoundByItsName) {
    auto const all = parse_routers({"a:1+rtsp://media:5,b:1,dns:c:9997"}, kPattern).value();
    EXPECT_EQ(all.find("a:1").rtsp, "rtsp://media:5");
    EXPECT_EQ(all.find("").name, "a:1");
    EXPECT_EQ(all.find("10.0.0.9:9997").rtmp, "rtmps://10.0.0.9:1936") << "one of the name's";
}

TEST(RouterAddress, OfARunningProgramIsThatOfItsInput) {
    auto const all = parse_routers({"a:1+rtsp://media:5,b:1,dns:c:9997"}, kPattern).value();
    auto const of = [&](char const* input) { return all.router_of({"worker", "--input", input}); };
    EXPECT_EQ(of("rtsp://media:5/live/x/in"), "a:1");
    EXPECT_EQ(of("rtsp://b:8554/live/x/in"), "b:1");
    EXPECT_EQ(of("rtmps://b:1936/live/x/in"), "b:1");
    EXPECT_EQ(of("rtsp://10.0.0.9:8554/live/x/in"), "10.0.0.9:9997");
    EXPECT_EQ(of("rtsp://elsewhere:1/live/x/in"), "elsewhere:1") << "none of ours";
    EXPECT_EQ(all.router_of({"worker"}), "");
    auto const one = one_router("http://h:1", "rtsp://h:2", "rtmp://h:3");
    EXPECT_EQ(one.router_of({"worker", "--input", "rtsp://other:9/x"}), "h:1")
        << "the only one there is";
}

}  // namespace
}  // namespace tidegate::orchestrator
