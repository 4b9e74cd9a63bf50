// The Control API through a real socket: routing, authentication, CORS, redirects, limits of the
// form.
#include "router/api/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "http/client.hpp"
#include "router/api/protocol_module.hpp"

namespace tidegate::router {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// One path that nobody publishes.
class OnePath : public PathsView {
public:
    PathsPage page(std::size_t, std::size_t) const override { return {}; }
    void each(std::function<void(PathFigures const&)> const&) const override {}
    std::optional<PathInfo> snapshot(std::string_view name) const override {
        if (name != "live/s1/in") return std::nullopt;
        PathInfo info;
        info.name = name;
        return info;
    }
    std::expected<PathMatch, std::string> find(std::string_view) const override {
        config::mediamtx::PathConf conf;
        conf.recording.files = *recording::PathTemplate::parse("./recordings/%path/%s-%f", ".mp4");
        return PathMatch{std::make_shared<config::mediamtx::PathConf const>(conf), {}};
    }
};

// A protocol that the configuration turns on and off as it does RTSP.
class TestModule : public ProtocolModule {
public:
    std::string_view name() const override { return "test"; }
    bool enabled(config::mediamtx::Global const& global) const override { return global.rtsp; }
    std::expected<void, std::string> start(config::mediamtx::Conf const&) override { return {}; }
    asio::awaitable<void> configure(config::mediamtx::Conf const&) override { co_return; }
    asio::awaitable<void> stop() override { co_return; }
    void close_sessions() override {}
    std::vector<ApiEndpoint> endpoints() override {
        return {{"GET", "/v3/tests/list", [](http::Request const&) -> Answer { return "[]"; }}};
    }
    std::vector<MetricsBlock> metrics() override {
        return {
            {"tests", "test", [](MetricsText& out, std::string const&) { out.title("# Tests"); }}};
    }
};

class ApiServerTest : public testing::Test {
protected:
    asio::io_context io_{1};
    OnePath paths_;
    ProtocolModules modules_;
    std::unique_ptr<ConfigStore> config_;
    AccessControl auth_{io_};
    net::FileThreads files_{2};
    std::unique_ptr<ApiServer> server_;

    void start(ApiKind kind, std::string const& yaml = "") {
        auto conf = config::mediamtx::parse(
            "apiAddress: 127.0.0.1:0\nmetricsAddress: 127.0.0.1:0\n"
            "playbackAddress: 127.0.0.1:0\npaths:\n  cam:\n" +
                yaml,
            {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        ASSERT_TRUE(auth_.configure(conf->global).has_value());
        config_ = std::make_unique<ConfigStore>(
            std::make_shared<config::mediamtx::Conf const>(std::move(*conf)));
        modules_.push_back(std::make_unique<TestModule>());
        server_ = std::make_unique<ApiServer>(
            io_, kind, ApiContext{paths_, *config_, auth_, files_, WallTime{}, modules_});
        auto const started = server_->start();
        ASSERT_TRUE(started.has_value()) << started.error();
    }
    void turn_rtsp(std::string const& word) {
        auto conf = config::mediamtx::parse("rtsp: " + word + "\n", {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        config_->set(std::make_shared<config::mediamtx::Conf const>(std::move(*conf)));
    }
    void TearDown() override {
        if (server_ == nullptr) return;
        asio::co_spawn(io_, server_->stop(std::chrono::milliseconds{500}), asio::detached);
        io_.restart();
        io_.run_for(std::chrono::seconds{2});
        server_.reset();
    }

    http::ClientResponse send(std::string method, std::string const& target,
                              std::vector<std::pair<std::string, std::string>> headers = {}) {
        http::ClientRequest request;
        request.method = std::move(method);
        request.url = "http://127.0.0.1:" + std::to_string(server_->port()) + target;
        request.headers = std::move(headers);
        std::optional<std::expected<http::ClientResponse, std::string>> answer;
        // The client lives in the coroutine, so that its connection is closed on the loop.
        asio::co_spawn(
            io_,
            [&]() -> asio::awaitable<void> {
                http::Client client;
                answer = co_await client.send(request);
            },
            asio::detached);
        io_.restart();
        while (!answer) io_.run_one();
        EXPECT_TRUE(answer->has_value()) << answer->error();
        return *answer ? **answer : http::ClientResponse{};
    }
    static std::string header(http::ClientResponse const& response, std::string_view name) {
        for (auto const& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }
};

TEST_F(ApiServerTest, AnswersInMediamtxsForm) {
    start(ApiKind::control);
    auto const info = send("GET", "/v3/info");
    EXPECT_EQ(info.status, 200U);
    EXPECT_THAT(info.body, StartsWith(R"({"version":"v1.20.1","started":")"));
    EXPECT_EQ(header(info, "content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(header(info, "server"), "mediamtx");
    EXPECT_EQ(header(info, "access-control-allow-origin"), "*");
    EXPECT_EQ(send("GET", "/v3/tests/list").body, "[]");
}

TEST_F(ApiServerTest, TakesSlashesInNamesRawOrEncoded) {
    start(ApiKind::control);
    for (auto const* target : {"/v3/paths/get/live/s1/in", "/v3/paths/get/live%2Fs1%2Fin"}) {
        auto const response = send("GET", target);
        EXPECT_EQ(response.status, 200U) << target;
        EXPECT_THAT(response.body, StartsWith(R"({"name":"live/s1/in",)")) << target;
    }
    EXPECT_EQ(send("GET", "/v3/paths/get/none").body,
              R"({"status":"error","error":"path not found"})");
    EXPECT_EQ(send("GET", "/v3/config/paths/get/cam").status, 200U);
}

TEST_F(ApiServerTest, SaysNotFoundInPlainTextForWrongRoutesAndMethods) {
    start(ApiKind::control);
    for (auto const& [method, target] :
         std::vector<std::pair<std::string, std::string>>{{"GET", "/"},
                                                          {"GET", "/v3/nope"},
                                                          {"POST", "/v3/info"},
                                                          {"DELETE", "/v3/paths/list"},
                                                          {"POST", "/v3/rtspconns/kick/x"}}) {
        auto const response = send(method, target);
        EXPECT_EQ(response.status, 404U) << method << target;
        EXPECT_EQ(response.body, "404 page not found") << method << target;
        EXPECT_THAT(header(response, "content-type"), StartsWith("text/plain"));
    }
}

TEST_F(ApiServerTest, RedirectsToThePathWithTheOtherSlash) {
    start(ApiKind::control);
    auto const get = send("GET", "/v3/paths/list/?page=1");
    EXPECT_EQ(get.status, 301U);
    EXPECT_EQ(header(get, "location"), "/v3/paths/list?page=1");
    EXPECT_EQ(send("POST", "/v3/auth/jwks/refresh/").status, 307U);
}

TEST_F(ApiServerTest, AsksForCredentialsBeforeItRoutes) {
    start(ApiKind::control,
          "authInternalUsers:\n- user: ops\n  pass: pw\n  permissions:\n"
          "  - action: api\n");
    for (auto const* target : {"/v3/info", "/v3/nope"}) {
        auto const response = send("GET", target);
        EXPECT_EQ(response.status, 401U);
        EXPECT_EQ(response.body, R"({"status":"error","error":"authentication error"})");
        EXPECT_EQ(header(response, "www-authenticate"), "Basic realm=\"mediamtx\"");
    }
    auto const wrong = send("GET", "/v3/info", {{"Authorization", "Bearer ops:nope"}});
    EXPECT_EQ(wrong.status, 401U);
    EXPECT_EQ(header(wrong, "www-authenticate"), "");
    EXPECT_EQ(send("GET", "/v3/info", {{"Authorization", "Basic b3BzOnB3"}}).status, 200U);
    auto const preflight = send("OPTIONS", "/v3/any", {{"Access-Control-Request-Method", "GET"}});
    EXPECT_EQ(preflight.status, 204U);
    EXPECT_EQ(header(preflight, "access-control-allow-methods"),
              "OPTIONS, GET, POST, PATCH, DELETE");
}

TEST_F(ApiServerTest, HidesRoutesOfModulesThatAreOff) {
    start(ApiKind::control, "rtsp: no\n");
    EXPECT_EQ(send("GET", "/v3/tests/list").status, 404U);
    EXPECT_EQ(send("GET", "/v3/paths/list").status, 200U);
}

// The same server answers before and after, so that no request meets a closed port.
TEST_F(ApiServerTest, FollowsModulesThatAreTurnedOnAndOff) {
    start(ApiKind::control);
    EXPECT_EQ(send("GET", "/v3/tests/list").status, 200U);
    EXPECT_EQ(send("GET", "/v3/tests/list/").status, 301U);
    turn_rtsp("no");
    EXPECT_EQ(send("GET", "/v3/tests/list").status, 404U);
    EXPECT_EQ(send("GET", "/v3/tests/list/").status, 404U);
    turn_rtsp("yes");
    EXPECT_EQ(send("GET", "/v3/tests/list").status, 200U);
}

TEST_F(ApiServerTest, ServesMetrics) {
    start(ApiKind::metrics);
    auto const all = send("GET", "/metrics");
    EXPECT_EQ(all.status, 200U);
    EXPECT_EQ(header(all, "content-type"), "text/plain; charset=utf-8");
    EXPECT_THAT(all.body, StartsWith("# Paths\npaths 0\n"));
    EXPECT_THAT(all.body, HasSubstr("\n# Tests\n"));
    auto const none = send("GET", "/metrics?type=bogus");
    EXPECT_EQ(none.status, 200U);
    EXPECT_EQ(none.body, "");
    EXPECT_EQ(header(none, "content-type"), "");
}

TEST_F(ApiServerTest, HidesMetricsOfModulesThatAreOff) {
    start(ApiKind::metrics, "rtsp: no\n");
    EXPECT_THAT(send("GET", "/metrics").body, testing::Not(HasSubstr("# Tests")));
}

TEST_F(ApiServerTest, ServesPlayback) {
    start(ApiKind::playback);
    auto const list = send("GET", "/list?path=cam");
    EXPECT_EQ(list.status, 400U);
    EXPECT_THAT(list.body, StartsWith(R"({"status":"error","error":"lstat /)"));
    EXPECT_EQ(send("GET", "/other").body, "404 page not found");
}

TEST_F(ApiServerTest, SaysWhichAddressIsTaken) {
    start(ApiKind::control);
    auto conf = config::mediamtx::parse(
        "apiAddress: 127.0.0.1:" + std::to_string(server_->port()) + "\n", {});
    ConfigStore store(std::make_shared<config::mediamtx::Conf const>(std::move(*conf)));
    ApiServer second(io_, ApiKind::control, ApiContext{paths_, store, auth_, files_, WallTime{}});
    auto const started = second.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_THAT(started.error(), HasSubstr("address already in use"));
}

}  // namespace
}  // namespace tidegate::router
