// The router without RTMP: CMakeLists.txt leaves its lines out of modules.cpp, and does not link
// its folder. RTSP is served as ever, and nothing of RTMP is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/app/modules/modules.hpp"
#include "router/app/test_router.hpp"
#include "router/session/test_services.hpp"

namespace tidegate::router {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kSound[] =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=control:trackID=0\r\n";

// Sends a request and returns its answer.
std::string ask(Caller& caller, std::string const& request) {
    caller.send(request);
    std::string answer;
    while (!answer.contains("\r\n\r\n")) {
        char buffer[4096];
        answer.append(buffer, caller.socket.read_some(boost::asio::buffer(buffer)));
    }
    return answer;
}

TEST(WithoutRtmp, ServesRtsp) {
    auto const rtsp = free_port();
    auto const api = free_port();
    auto const metrics = free_port();
    RunningRouter router("api: yes\nmetrics: yes\napiAddress: " + local(api) +
                             "\nmetricsAddress: " + local(metrics) +
                             "\nrtspAddress: " + local(rtsp) + "\nhls: no\npaths: {all_others: }",
                         all_modules);
    auto const url = "rtsp://" + local(rtsp) + "/cam";
    Caller publisher(rtsp);
    EXPECT_THAT(ask(publisher, "ANNOUNCE " + url +
                                   " RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"
                                   "Content-Length: " +
                                   std::to_string(sizeof kSound - 1) + "\r\n\r\n" + kSound),
                StartsWith("RTSP/1.0 200 OK"));
    auto const set_up =
        ask(publisher, "SETUP " + url +
                           "/trackID=0 RTSP/1.0\r\nCSeq: 2\r\n"
                           "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n\r\n");
    ASSERT_THAT(set_up, HasSubstr("Session: "));
    auto const session = set_up.substr(set_up.find("Session: ") + 9, 32);
    EXPECT_THAT(ask(publisher,
                    "RECORD " + url + " RTSP/1.0\r\nCSeq: 3\r\nSession: " + session + "\r\n\r\n"),
                StartsWith("RTSP/1.0 200 OK"));
    Caller player(rtsp);
    EXPECT_THAT(ask(player, "DESCRIBE " + url + " RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
                StartsWith("RTSP/1.0 200 OK"));

    EXPECT_THAT(http_get(api, "/v3/rtspsessions/list"), HasSubstr(R"("itemCount":1)"));
    EXPECT_THAT(http_get(api, "/v3/rtmpconns/list"), HasSubstr("404 page not found"));
    auto const page = http_get(metrics, "/metrics");
    EXPECT_THAT(page, HasSubstr("\nrtsp_sessions{id="));
    EXPECT_THAT(page, Not(HasSubstr("rtmp")));
}

}  // namespace
}  // namespace tidegate::router
