#include "router/session/own_program.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

TEST(OwnProgram, PlayersGetCachedPicturesAndWorkersDoNot) {
    for (auto const* const player : {"", "LNX 9,0,124,2", "Lavf59.27.100", "GStreamer/1.22",
                                     "LNX 9,0,124,2 (compatible; Tidegate)", "tidegate-test"}) {
        EXPECT_TRUE(wants_cached_pictures(player)) << player;
        EXPECT_FALSE(is_own_program(player)) << player;
    }
    for (auto const* const program :
         {"tidegate stream-worker", "FMLE/3.0 (compatible; Tidegate stream-worker)",
          "LNX 9,0,124,2 (compatible; Tidegate stream-worker)", "Tidegate Stream-Forwarder"}) {
        EXPECT_FALSE(wants_cached_pictures(program)) << program;
        EXPECT_TRUE(is_own_program(program)) << program;
    }
}

}  // namespace
}  // namespace tidegate::router
