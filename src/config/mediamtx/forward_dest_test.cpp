#include "config/mediamtx/forward_dest.hpp"

#include <gtest/gtest.h>

namespace tidegate::config::mediamtx {
namespace {

TEST(ForwardDest, IsShownWithoutItsSecrets) {
    struct Case {
        char const* dest;
        char const* shown;
    };
    for (auto const& [dest, shown] :
         {Case{"rtmp://a.example/live2/abcd-efgh-ijkl", "rtmp://a.example/live2/***ijkl"},
          Case{"rtmp://a.example/live2/short", "rtmp://a.example/live2/***"},
          Case{"rtmps://u:geheim@a.example:443/app/x#abcdefghijkl",
               "rtmps://a.example:443/app/x#***ijkl"},
          Case{"rtmp://a.example/app/key?token=geheim", "rtmp://a.example/app/***"},
          Case{"rtmp://127.0.0.1/mirror/$MTX_PATH", "rtmp://127.0.0.1/mirror/$MTX_PATH"},
          Case{"rtsp://u:geheim@a.example:8554/live/x/out?token=geheim",
               "rtsp://a.example:8554/live/x/out"},
          Case{"rtmp://a.example", "rtmp://a.example"}, Case{"nonsense", "nonsense"},
          Case{"", ""}}) {
        EXPECT_EQ(masked_dest(dest), shown);
    }
}

TEST(ForwardDest, ErrorsSayNoSecrets) {
    auto const dest = "rtmp://user:geheim@a.example/live2/abcd-efgh";
    EXPECT_EQ(without_dest_secrets("NetStream.Publish.BadName: abcd-efgh of user:geheim", dest),
              "NetStream.Publish.BadName: *** of ***");
    EXPECT_EQ(without_dest_secrets("connect 10.0.0.1:1935: Connection refused", dest),
              "connect 10.0.0.1:1935: Connection refused");
}

}  // namespace
}  // namespace tidegate::config::mediamtx
