// RTMP's listener, what the Control API and the metrics show of it, and how it ends; through
// sockets.
#include "router/rtmp/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <optional>

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

std::shared_ptr<RtmpConnRecord> record_of(RtmpConnInfo info) {
    return std::make_shared<RtmpConnRecord>(std::move(info), [](std::string const&) {});
}

RtmpConnInfo publishing() {
    RtmpConnInfo conn;
    conn.id = kId;
    conn.created = WallTime{std::chrono::milliseconds{1'767'348'007'100}};
    conn.remote_address = "10.0.0.5:40000";
    conn.state = ConnState::publish;
    conn.path = "live/s1/in";
    conn.query = "a=1&b=<2>";
    return conn;
}

TEST(RtmpConns, AreShownExactlyAsMediamtxDoes) {
    setenv("TZ", "UTC", 1);
    tzset();
    RtmpConns conns;
    auto const record = record_of(publishing());
    record->inbound_bytes = 7;
    conns.add(record);
    EXPECT_EQ(ask(rtmp_endpoints(conns, Security::clear), "/v3/rtmpconns/get/{id}", kId),
              std::string(R"({"id":")") + kId +
                  R"(","created":"2026-01-02T10:00:07.1Z","remoteAddr":"10.0.0.5:40000",)"
                  R"("state":"publish","path":"live/s1/in","query":"a=1\u0026b=\u003c2\u003e",)"
                  R"("user":"","userAgent":"","inboundBytes":7,"outboundBytes":0,)"
                  R"("outboundFramesDiscarded":0,"bytesReceived":7,"bytesSent":0})");
}

TEST(RtmpConns, AreFoundAndKickedByTheirId) {
    RtmpConns conns;
    conns.add(record_of(publishing()));
    auto const endpoints = rtmp_endpoints(conns, Security::clear);
    for (auto const* pattern : {"/v3/rtmpconns/get/{id}", "/v3/rtmpconns/kick/{id}"}) {
        EXPECT_EQ(ask(endpoints, pattern, "abc"), "400 invalid UUID length: 3");
        EXPECT_EQ(ask(endpoints, pattern, kOther), "404 connection not found");
    }
    EXPECT_EQ(ask(endpoints, "/v3/rtmpconns/kick/{id}", kId), R"({"status":"ok"})");
    EXPECT_EQ(ask(endpoints, "/v3/rtmpconns/list"), R"({"itemCount":0,"pageCount":0,"items":[]})");
}

TEST(RtmpConns, MetricsAreMediamtxsText) {
    RtmpConns conns;
    auto const blocks = rtmp_metrics(conns, Security::clear);
    EXPECT_EQ(page(blocks),
              "# RTMP connections\nrtmp_conns 0\nrtmp_conns_inbound_bytes 0\n"
              "rtmp_conns_outbound_bytes 0\nrtmp_conns_outbound_frames_discarded 0\n"
              "rtmp_conns_outbound_without_picture 0\n\n"
              "# RTMP connections (deprecated)\nrtmp_conns_bytes_received 0\n"
              "rtmp_conns_bytes_sent 0\n\n");
    EXPECT_EQ(page(blocks, {{"rtmp_conn", kId}}), "");
    auto const record = record_of(publishing());
    record->discarded = 3;
    conns.add(record);
    EXPECT_THAT(page(blocks),
                HasSubstr("rtmp_conns_outbound_frames_discarded{id=\"" + std::string(kId) +
                          "\",path=\"live/s1/in\",remoteAddr=\"10.0.0.5:40000\","
                          "state=\"publish\"} 3\n"));
    EXPECT_THAT(page(blocks, {{"rtmp_conn", kId}}), HasSubstr("rtmp_conns{id="));
    EXPECT_EQ(page(blocks, {{"rtmp_conn", kOther}}),
              "# RTMP connections\n\n# RTMP connections (deprecated)\n\n");
}

// One that connects and says nothing, until the router ends the connection.
struct Silent {
    Silent(asio::io_context& io, unsigned short port) : socket(io) {
        socket.connect({asio::ip::address_v4::loopback(), port});
        socket.async_receive(asio::buffer(&byte, 1), [this](auto error, auto) {
            if (error != asio::error::operation_aborted) ended = !!error;  // else this is gone
        });
    }
    tcp::socket socket;
    char byte = 0;
    bool ended = false;
};

struct RtmpModuleTest : testing::Test {
    unsigned short port = free_port();
    TestServices services{yaml(port)};
    RtmpModule module{services.services, Security::clear};

    RtmpModuleTest() {
        auto const started = module.start(*services.config.get());
        EXPECT_TRUE(started) << started.error();
    }
    ~RtmpModuleTest() override {
        configure("rtmp: no");
        services.run_dry();
    }
    static std::string yaml(unsigned short port) {
        return "rtmpAddress: 127.0.0.1:" + std::to_string(port) + "\npaths: {all_others: }";
    }
    void configure(std::string const& text) {
        bool done = false;
        auto const conf = *config::mediamtx::parse(text, {});
        asio::co_spawn(services.io, module.configure(conf),
                       [&](std::exception_ptr) { done = true; });
        EXPECT_TRUE(services.run_until([&] { return done; }));
    }
    json::value list() { return json::parse(ask(module.endpoints(), "/v3/rtmpconns/list")); }
    bool wait_for_conns(std::int64_t count) {
        return services.run_until([&] { return list().at("itemCount") == count; });
    }
};

TEST_F(RtmpModuleTest, AConnectionIsListedWhileItIsOpen) {
    Silent first(services.io, port);
    ASSERT_TRUE(wait_for_conns(1));
    Silent second(services.io, port);
    ASSERT_TRUE(wait_for_conns(2));
    auto const shown = list();
    auto const& oldest = shown.at("items").at(0);
    EXPECT_EQ(oldest.at("state"), "idle");
    EXPECT_EQ(std::string(oldest.at("remoteAddr").as_string()),
              "127.0.0.1:" + std::to_string(first.socket.local_endpoint().port()));
    second.socket.close();
    ASSERT_TRUE(wait_for_conns(1));
    EXPECT_EQ(list().at("items").at(0).at("id"), oldest.at("id"));
}

TEST_F(RtmpModuleTest, AKickedConnectionEnds) {
    Silent kicked(services.io, port);
    Silent other(services.io, port);
    ASSERT_TRUE(wait_for_conns(2));
    std::string const id(list().at("items").at(0).at("id").as_string());
    EXPECT_EQ(ask(module.endpoints(), "/v3/rtmpconns/kick/{id}", id), R"({"status":"ok"})");
    EXPECT_EQ(list().at("itemCount"), 1);
    ASSERT_TRUE(services.run_until([&] { return kicked.ended || other.ended; }));
    EXPECT_NE(kicked.ended, other.ended);
}

TEST_F(RtmpModuleTest, SessionsEndWithTheAddressAndNotOtherwise) {
    Silent client(services.io, port);
    ASSERT_TRUE(wait_for_conns(1));
    configure(yaml(port) + "\nreadTimeout: 20s");
    EXPECT_EQ(list().at("itemCount"), 1);
    auto const elsewhere = free_port();
    configure(yaml(elsewhere));
    ASSERT_TRUE(services.run_until([&] { return client.ended; }));
    Silent next(services.io, elsewhere);
    EXPECT_TRUE(wait_for_conns(1));
}

TEST_F(RtmpModuleTest, AnAddressInUseIsAnErrorAtTheStart) {
    RtmpModule second(services.services, Security::clear);
    auto const started = second.start(*services.config.get());
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error(), StartsWith("listen tcp 127.0.0.1:" + std::to_string(port)));
}

TEST_F(RtmpModuleTest, IsServedOverTlsWhenTheConfigurationSaysSo) {
    RtmpModule secure(services.services, Security::tls);
    EXPECT_FALSE(secure.enabled(services.config.get()->global));
    auto const conf = [](std::string const& text) {
        return *config::mediamtx::parse("rtmpServerCert: /nowhere/a.crt\nrtmpEncryption: " + text,
                                        {});
    };
    EXPECT_TRUE(secure.enabled(conf("optional").global));
    EXPECT_TRUE(module.enabled(conf("optional").global));
    EXPECT_TRUE(secure.enabled(conf("strict").global));
    EXPECT_FALSE(module.enabled(conf("strict").global));
    auto const started = secure.start(conf("strict"));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error(), "open /nowhere/a.crt: no such file or directory");
    EXPECT_EQ(secure.name(), "rtmps");
    EXPECT_EQ(secure.endpoints().front().pattern, "/v3/rtmpsconns/list");
    EXPECT_EQ(secure.metrics().front().name, "rtmps_conns");
}

TEST_F(RtmpModuleTest, DoesNotListenWhenItIsTurnedOff) {
    RtmpModule off(services.services, Security::clear);
    auto const conf = *config::mediamtx::parse("rtmp: no", {});
    EXPECT_FALSE(off.enabled(conf.global));
    EXPECT_TRUE(off.start(conf));
    EXPECT_TRUE(module.enabled(services.config.get()->global));
}

}  // namespace
}  // namespace tidegate::router
