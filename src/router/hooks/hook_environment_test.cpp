#include "router/hooks/hook_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

TEST(HookEnvironment, LeavesOutThePasswordsOfTheRouter) {
    for (auto const* entry :
         {"MTX_AUTHINTERNALUSERS_0_PASS=pw", "MTX_AUTHINTERNALUSERS_0_USER=sha256:abc",
          "MTX_PATHDEFAULTS_PUBLISHPASS=pw", "RTSP_PATHS_ALL_READPASS=pw",
          "MTX_PATHS_CAM_SRTPUBLISHPASSPHRASE=long enough", "MTX_WEBRTCICESERVERS2_0_PASSWORD=pw",
          "MTX_PATHS_CAM_SOURCE=rtsp://me:pw@10.0.0.5/stream", "ROUTER_API_PASSWORD=pw",
          "WORKER_PASSWORD=pw"}) {
        EXPECT_THAT(inherited_by_hooks({entry}), testing::IsEmpty()) << entry;
    }
}

TEST(HookEnvironment, KeepsAllElseInItsOrder) {
    std::vector<std::string> const kept = {"PATH=/usr/bin",
                                           "ORCHESTRATOR_URL=http://127.0.0.1:8080",
                                           "MTX_READTIMEOUT=5s",
                                           "MTX_PATHS_CAM_SOURCE=rtsp://10.0.0.5/user@stream",
                                           "MTX_AUTHHTTPADDRESS=http://10.0.0.5/auth",
                                           "RTSP_PORT=8554",
                                           "MY_PASSWORD=the hook's own",
                                           "PASS",
                                           "WORKER_PASSWORDS=1",
                                           "=x",
                                           ""};
    EXPECT_EQ(inherited_by_hooks(kept), kept);
}

}  // namespace
}  // namespace tidegate::router
