// Reads lists from a real HTTP server.
#include "orchestrator/io/router/router_list.hpp"

#include <boost/asio/ip/tcp.hpp>

#include "http/server.hpp"
#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;

std::string item(std::string const& name, std::string const& more = R"("online":true)") {
    return R"({"name":")" + name + R"(",)" + more + "}";
}

std::string page(int item_count, int page_count, std::string const& items) {
    return R"({"itemCount":)" + std::to_string(item_count) + R"(,"pageCount":)" +
           std::to_string(page_count) + R"(,"items":[)" + items + "]}";
}

TEST(PathPage, TakesWhatWeNeedAndIgnoresTheRest) {
    auto const read = parse_path_page(
        page(9, 3,
             item("live/a/in", R"("online":true,"ready":false,"inboundBytes":12,"other":[{}],)"
                               R"("source":{"type":"rtmpConn","id":"A"})") +
                 "," + item("live/b/in", R"("ready":true,"bytesReceived":7,"source":null)") + "," +
                 item("live/c/out", R"("online":false,"inboundBytes":-1)")));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->item_count, 9U);
    EXPECT_EQ(read->page_count, 3U);
    ASSERT_EQ(read->items.size(), 3U);
    EXPECT_TRUE(read->items[0].online) << "online counts before ready";
    EXPECT_EQ(read->items[0].source_id, "A");
    EXPECT_EQ(read->items[0].source_type, "rtmpConn");
    EXPECT_EQ(read->items[0].inbound_bytes, 12U);
    EXPECT_TRUE(read->items[1].online);
    EXPECT_EQ(read->items[1].inbound_bytes, 7U);
    EXPECT_FALSE(read->items[2].online);
}

TEST(ConnectionQuery, IsAskedForWhereTheRouterTellsOfThisKindOfSource) {
    EXPECT_EQ(connection_target("rtmpConn", "1-a"), "/v3/rtmpconns/get/1-a");
    EXPECT_EQ(connection_target("rtmpsConn", "1-a"), "/v3/rtmpsconns/get/1-a");
    EXPECT_EQ(connection_target("rtspSession", "1-a"), "/v3/rtspsessions/get/1-a");
    EXPECT_EQ(connection_target("rtspsSession", "1-a"), "/v3/rtspssessions/get/1-a");
    EXPECT_EQ(connection_target("srtConn", "1-a"), "/v3/srtconns/get/1-a");
    EXPECT_EQ(connection_target("webRTCSession", "1-a"), "/v3/webrtcsessions/get/1-a");
    EXPECT_EQ(connection_target("rpiCameraSource", "1-a"), "");
    EXPECT_EQ(connection_target("rtmpConn", ""), "");
    EXPECT_EQ(connection_target("rtmpConn", "../kick"), "");
}

TEST(ConnectionQuery, IsATextOrNothing) {
    EXPECT_EQ(parse_connection_query(R"({"path":"live/a/in","query":"lang=es&x=1"})"),
              "lang=es&x=1");
    EXPECT_EQ(parse_connection_query(R"({"query":""})"), "");
    for (auto const* const none : {"", "[]", "{}", R"({"query":null})", R"({"query":7})", "{"}) {
        EXPECT_EQ(parse_connection_query(none), std::nullopt) << none;
    }
}

TEST(PathPage, TellsTracksReadersAndBytes) {
    auto const read = parse_path_page(page(
        2, 1,
        item("live/a/in",
             R"("online":true,"outboundBytes":34,"readers":[{"type":"x","id":"1"},{}],"tracks2":[)"
             R"({"codec":"H264","codecProps":{"width":1280,"height":720,"profile":"High",)"
             R"("level":"3.1"}},{"codec":"Opus","codecProps":null},)"
             R"({"codec":"MPEG-4 Audio","codecProps":{"sampleRate":44100,"channelCount":2},)"
             R"("language":"es","name":"voz"},7])") +
            "," + item("live/b/in", R"("online":true,"readers":null,"tracks":["H265"])")));
    ASSERT_TRUE(read) << read.error();
    auto const& first = read->items[0];
    EXPECT_EQ(first.readers, 2U);
    EXPECT_EQ(first.outbound_bytes, 34U);
    ASSERT_EQ(first.tracks->size(), 4U);
    EXPECT_EQ((*first.tracks)[0], (PathTrack{"H264", 1280, 720, "High", "3.1"}));
    EXPECT_EQ((*first.tracks)[1], (PathTrack{"Opus"}));
    EXPECT_EQ((*first.tracks)[2], (PathTrack{"MPEG-4 Audio", 0, 0, "", "", 44100, 2, "es", "voz"}));
    ASSERT_EQ(read->items[1].tracks->size(), 1U);
    EXPECT_EQ((*read->items[1].tracks)[0].codec, "H265");
    EXPECT_EQ(read->items[1].readers, 0U);
}

TEST(PathPage, IsUnreadableRatherThanEmpty) {
    for (auto const& text : {
             std::string(""),
             std::string("{"),
             std::string("[]"),
             std::string("null"),
             std::string("{}"),
             std::string(R"({"items":[]})"),
             std::string(R"({"itemCount":0,"items":[]})"),
             std::string(R"({"itemCount":"0","pageCount":0,"items":[]})"),
             std::string(R"({"itemCount":-1,"pageCount":0,"items":[]})"),
             std::string(R"({"itemCount":0,"pageCount":0,"items":{}})"),
             std::string(R"({"itemCount":0,"pageCount":0})"),
             page(1, 1, "null"),
             page(1, 1, "7"),
             page(1, 1, R"({"online":true})"),
             page(1, 1, R"({"name":"live/a/in"})"),
             page(1, 1, R"({"name":7,"online":true})"),
             page(1, 1, R"({"name":"live/a/in","online":"yes"})"),
             page(1, 1, item("live/a/in")).substr(0, 40),
         }) {
        EXPECT_FALSE(parse_path_page(text)) << text;
    }
    EXPECT_TRUE(parse_path_page(page(0, 0, "")));
}

class RouterListTest : public LoopTest {
protected:
    std::vector<http::Response> pages_;  // by number; none: 404
    std::unique_ptr<http::Server> server_;
    std::vector<std::string> asked_;
    std::string authorization_;  // of the last request

    void SetUp() override {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            return http::Response{.status = info.status};
        };
        server_ = std::make_unique<http::Server>(io_, settings);
        server_->route("GET", "/v3/paths/list", [this](http::Request const& request) {
            asked_.push_back(request.target);
            authorization_ = request.header("authorization").value_or("");
            auto const number = std::stoul(std::string(request.query_value("page").value_or("0")));
            return number < pages_.size() ? pages_[number] : http::Response{.status = 404};
        });
        ASSERT_TRUE(server_->start());
    }
    void TearDown() override {
        asio::co_spawn(io_, server_->stop(milliseconds{100}), asio::detached);
        run_until([&] { return io_.stopped(); });
    }

    void serve(std::vector<std::string> const& bodies) {
        pages_.clear();
        for (auto const& body : bodies) {
            pages_.push_back({.content_type = "application/json", .body = body});
        }
    }
    std::expected<std::vector<PathItem>, std::string> fetch(Login const& login = {}) {
        RouterApi api({"http://127.0.0.1:" + std::to_string(server_->port()), login}, kPatience);
        RouterList list(api);
        return run(list.fetch({}));
    }
};

TEST_F(RouterListTest, ReadsAllPages) {
    serve({page(5, 3, item("a") + "," + item("b")), page(5, 3, item("c") + "," + item("d")),
           page(5, 3, item("e"))});
    auto const items = fetch();
    ASSERT_TRUE(items) << items.error();
    std::string names;
    for (auto const& one : *items) names += one.name;
    EXPECT_EQ(names, "abcde");
    EXPECT_EQ(asked_.size(), 3U);
    EXPECT_EQ(asked_[1], "/v3/paths/list?itemsPerPage=2000&page=1");
}

TEST_F(RouterListTest, AnEmptyListIsComplete) {
    serve({page(0, 0, "")});
    auto const items = fetch();
    ASSERT_TRUE(items) << items.error();
    EXPECT_TRUE(items->empty());
}

TEST_F(RouterListTest, WhatDoesNotFitTogetherIsUnknown) {
    auto const two = [](std::string const& second) {
        return std::vector<std::string>{page(3, 2, item("a") + "," + item("b")), second};
    };
    struct Case {
        char const* what;
        std::string second;
    };
    for (auto const& [what, second] : {
             Case{"another itemCount", page(4, 2, item("c"))},
             Case{"another pageCount", page(3, 3, item("c"))},
             Case{"a repeated name", page(3, 2, item("b"))},
             Case{"too few", page(3, 2, "")},
             Case{"too many", page(3, 2, item("c") + "," + item("d"))},
             Case{"half an answer", page(3, 2, item("c")).substr(0, 30)},
             Case{"no JSON", "<html>"},
         }) {
        serve(two(second));
        EXPECT_FALSE(fetch()) << what;
    }
}

TEST_F(RouterListTest, AFailedPageIsUnknown) {
    serve({page(3, 2, item("a") + "," + item("b"))});
    auto const missing = fetch();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), "the router answered 404");
    pages_[0].status = 500;
    EXPECT_FALSE(fetch());
}

TEST_F(RouterListTest, LogsInWhereItHasAPassword) {
    serve({page(0, 0, "")});
    ASSERT_TRUE(fetch({.user = "media-service", .password = ""}));
    EXPECT_EQ(authorization_, "");
    ASSERT_TRUE(fetch({.user = "media-service", .password = "p:w"}));
    EXPECT_EQ(authorization_, "Basic bWVkaWEtc2VydmljZTpwOnc=");
    pages_[0].status = 401;
    auto const refused = fetch({.user = "media-service", .password = "p:w"});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().contains("ROUTER_API_PASSWORD")) << refused.error();
    EXPECT_FALSE(refused.error().contains("p:w")) << refused.error();
}

TEST_F(RouterListTest, ARouterThatIsNotThereIsUnknown) {
    RouterApi api({"http://127.0.0.1:1", {}}, milliseconds{2000});
    RouterList list(api);
    auto const items = run(list.fetch({}));
    ASSERT_FALSE(items);
    EXPECT_NE(items.error().find("refused"), std::string::npos) << items.error();
}

TEST_F(RouterListTest, ARouterThatDoesNotAnswerInTimeIsUnknown) {
    asio::ip::tcp::acceptor silent(io_, {asio::ip::address_v4::loopback(), 0});
    RouterApi api({"http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()), {}},
                  milliseconds{100});
    RouterList list(api);
    auto const items = run(list.fetch({}));
    ASSERT_FALSE(items);
    EXPECT_NE(items.error().find("deadline"), std::string::npos) << items.error();
}

}  // namespace
}  // namespace tidegate::orchestrator
