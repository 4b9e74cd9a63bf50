// What the Control API and the metrics show of RTSP, and how its sessions come and go; through
// sockets.
#include "router/rtsp/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>

#include "router/api/test_requests.hpp"
#include "router/session/test_services.hpp"

namespace tidegate::router {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;

constexpr char kId[] = "0a1b2c3d-0000-4000-8000-000000000001";
constexpr char kOther[] = "0a1b2c3d-0000-4000-8000-000000000002";

TEST(RtspItems, AreShownExactlyAsMediamtxDoes) {
    setenv("TZ", "UTC", 1);
    tzset();
    RtspItems items;
    WallTime const created{std::chrono::milliseconds{1'767'348'007'100}};
    auto const conn = std::make_shared<RtspConnRecord>(
        RtspConnInfo{kId, created, "10.0.0.6:50000", std::nullopt, 0, 0}, [](auto const&) {});
    conn->inbound_bytes = 1;
    conn->outbound_bytes = 2;
    items.conns.add(conn);
    auto const endpoints = rtsp_endpoints(items, Security::clear);
    EXPECT_EQ(ask(endpoints, "/v3/rtspconns/list"),
              std::string(R"({"itemCount":1,"pageCount":1,"items":[{"id":")") + kId +
                  R"(","created":"2026-01-02T10:00:07.1Z","remoteAddr":"10.0.0.6:50000",)"
                  R"("session":null,"tunnel":"none","inboundBytes":1,"outboundBytes":2,)"
                  R"("bytesReceived":1,"bytesSent":2}]})");
    EXPECT_EQ(ask(endpoints, "/v3/rtspconns/kick/{id}", kId), "no such endpoint");

    RtspSessionInfo session;
    session.id = kId;
    session.created = created;
    session.state = ConnState::read;
    session.has_transport = true;
    session.conns = {"c1", "c2"};
    items.sessions.add(std::make_shared<RtspSessionRecord>(session, [](auto const&) {}));
    auto const shown = ask(endpoints, "/v3/rtspsessions/get/{id}", kId);
    EXPECT_THAT(shown, HasSubstr(R"("transport":"TCP","profile":"AVP","conns":["c1","c2"],)"));
    EXPECT_THAT(shown, HasSubstr(R"("inboundRTPPacketsJitter":0,)"));
    EXPECT_EQ(json::parse(shown).as_object().size(), 33U);
    EXPECT_EQ(ask(endpoints, "/v3/rtspsessions/get/{id}", kOther), "404 session not found");
    EXPECT_EQ(ask(endpoints, "/v3/rtspsessions/kick/{id}", kId), R"({"status":"ok"})");
}

TEST(RtspItems, MetricsShowDecimalsAndBothBlocks) {
    RtspItems items;
    RtspSessionInfo session;
    session.id = "i";
    session.path = "p";
    session.remote_address = "1.2.3.4:5";
    session.inbound_rtp_packets_jitter = 1.5;
    items.sessions.add(std::make_shared<RtspSessionRecord>(session, [](auto const&) {}));
    EXPECT_THAT(ask(rtsp_endpoints(items, Security::clear), "/v3/rtspsessions/list"),
                HasSubstr(R"("inboundRTPPacketsJitter":1.5,)"));
    auto const all = page(rtsp_metrics(items, Security::clear));
    EXPECT_THAT(all, StartsWith("# RTSP connections\nrtsp_conns 0\nrtsp_conns_inbound_bytes 0\n"));
    EXPECT_THAT(all, HasSubstr("rtsp_sessions_inbound_rtp_packets_jitter{id=\"i\",path=\"p\","
                               "remoteAddr=\"1.2.3.4:5\",state=\"idle\"} 1.5\n"));
    EXPECT_THAT(all, HasSubstr("# RTSP sessions (deprecated)\nrtsp_sessions_bytes_received{id="));
}

// Sends requests and keeps what comes back.
struct Client {
    Client(asio::io_context& io, unsigned short port) : socket(io), port(port) {
        socket.connect({asio::ip::address_v4::loopback(), port});
        read();
    }
    void send(std::string const& method, std::string const& track, std::string const& headers,
              std::string const& body = {}) {
        auto const length = body.empty() ? std::string()
                                         : "Content-Type: application/sdp\r\nContent-Length: " +
                                               std::to_string(body.size()) + "\r\n";
        asio::write(socket,
                    asio::buffer(method + " rtsp://127.0.0.1:" + std::to_string(port) + "/cam" +
                                 track + " RTSP/1.0\r\nCSeq: " + std::to_string(++cseq) + "\r\n" +
                                 headers + length + "\r\n" + body));
    }
    void read() {
        socket.async_receive(asio::buffer(buffer), [this](auto error, std::size_t count) {
            if (error == asio::error::operation_aborted) return;  // this is gone
            received.append(buffer, count);
            ended = !!error;
            if (!ended) read();
        });
    }
    // The value of the newest Session header.
    std::string session() const {
        auto const at = received.rfind("Session: ") + 9;
        return received.substr(at, received.find_first_of(";\r", at) - at);
    }
    bool answered() const { return received.contains("CSeq: " + std::to_string(cseq) + "\r\n"); }

    tcp::socket socket;
    unsigned short port;
    int cseq = 0;
    char buffer[4096];
    std::string received;
    bool ended = false;
};

constexpr char kSound[] =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=control:trackID=0\r\n";
constexpr char kInterleaved[] = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1";

struct RtspModuleTest : testing::Test {
    unsigned short port = free_port();
    TestServices services{"rtspAddress: 127.0.0.1:" + std::to_string(port) +
                          "\npaths: {all_others: }"};
    RtspModule module{services.services, Security::clear};

    RtspModuleTest() {
        auto const started = module.start(*services.config.get());
        EXPECT_TRUE(started) << started.error();
    }
    ~RtspModuleTest() override {
        auto const off = *config::mediamtx::parse("rtsp: no", {});
        asio::co_spawn(services.io, module.configure(off), [](std::exception_ptr) {});
        services.run_dry();
    }
    json::value list(std::string const& kind) {
        return json::parse(ask(module.endpoints(), "/v3/" + kind + "/list"));
    }
    void request(Client& client, std::string const& method, std::string const& track,
                 std::string const& headers, std::string const& body = {}) {
        client.send(method, track, headers, body);
        ASSERT_TRUE(services.run_until([&] { return client.answered(); })) << client.received;
    }
    void publish(Client& client) {
        request(client, "ANNOUNCE", "", "", kSound);
        request(client, "SETUP", "/trackID=0", std::string(kInterleaved) + ";mode=record\r\n");
        request(client, "RECORD", "", "Session: " + client.session() + "\r\n");
    }
    void play(Client& client) {
        request(client, "SETUP", "/trackID=0", std::string(kInterleaved) + "\r\n");
        request(client, "PLAY", "", "Session: " + client.session() + "\r\n");
    }
};

TEST_F(RtspModuleTest, SessionsAreShownFromTheirBeginningToTheirEnd) {
    Client publisher(services.io, port);
    publish(publisher);
    Client player(services.io, port);
    play(player);
    EXPECT_EQ(list("rtspconns").at("itemCount"), 2);
    auto const sessions = list("rtspsessions");
    ASSERT_EQ(sessions.at("itemCount"), 2) << player.received;
    auto const& first = sessions.at("items").at(0);
    EXPECT_EQ(first.at("state"), "publish");
    EXPECT_EQ(first.at("path"), "cam");
    auto const& second = sessions.at("items").at(1);
    EXPECT_EQ(second.at("state"), "read");
    EXPECT_EQ(second.at("conns").at(0), list("rtspconns").at("items").at(1).at("id"));
    EXPECT_EQ(services.paths.snapshot("cam")->readers->front().id,
              std::string(second.at("id").as_string()));
    request(player, "TEARDOWN", "", "Session: " + player.session() + "\r\n");
    EXPECT_EQ(list("rtspsessions").at("itemCount"), 1);
    EXPECT_TRUE(list("rtspconns").at("items").at(1).at("session").is_null());
    publisher.socket.close();
    ASSERT_TRUE(services.run_until([&] { return list("rtspsessions").at("itemCount") == 0; }));
    EXPECT_FALSE(services.paths.snapshot("cam"));
}

TEST_F(RtspModuleTest, AKickedPublisherEndsWithItsStream) {
    Client publisher(services.io, port);
    publish(publisher);
    std::string const id(list("rtspsessions").at("items").at(0).at("id").as_string());
    EXPECT_EQ(ask(module.endpoints(), "/v3/rtspsessions/kick/{id}", id), R"({"status":"ok"})");
    EXPECT_EQ(list("rtspsessions").at("itemCount"), 0);
    ASSERT_TRUE(services.run_until([&] { return publisher.ended; }));
    EXPECT_FALSE(services.paths.snapshot("cam"));
}

TEST_F(RtspModuleTest, ClosingSessionsEndsConnectionsToo) {
    Client silent(services.io, port);
    Client publisher(services.io, port);
    publish(publisher);
    module.close_sessions();
    EXPECT_TRUE(services.run_until([&] { return silent.ended && publisher.ended; }));
    EXPECT_EQ(list("rtspconns").at("itemCount"), 0);
}

}  // namespace
}  // namespace tidegate::router
