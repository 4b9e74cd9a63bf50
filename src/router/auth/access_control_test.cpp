// authMethod http against a real HTTP server on the same loop.
#include "router/auth/access_control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>

#include "http/server.hpp"
#include "net/first_of.hpp"

namespace tidegate::router {
namespace {

namespace json = boost::json;

class AccessControlTest : public testing::Test {
protected:
    asio::io_context io_{1};
    AccessControl access_{io_};
    std::unique_ptr<http::Server> server_;
    std::vector<json::value> questions_;
    unsigned status_ = 200;
    std::chrono::milliseconds delay_{0};

    void SetUp() override {
        http::ServerSettings settings;
        settings.address = "127.0.0.1:0";
        settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
            http::Response response;
            response.status = info.status;
            return response;
        };
        settings.gate =
            [this](http::Request const& request) -> asio::awaitable<std::optional<http::Response>> {
            questions_.push_back(json::parse(request.body));
            co_await net::sleep_for(delay_);
            http::Response response;
            response.status = status_;
            response.body = "because\nso";
            co_return response;
        };
        server_ = std::make_unique<http::Server>(io_, std::move(settings));
        ASSERT_TRUE(server_->start().has_value());
    }

    void configure(std::string const& more = "") {
        auto const yaml = "authMethod: http\nauthHTTPAddress: http://127.0.0.1:" +
                          std::to_string(server_->port()) + "/auth\n" + more;
        auto const conf = config::mediamtx::parse(yaml, {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        ASSERT_TRUE(access_.configure(conf->global).has_value());
    }

    AuthDecision decide(AuthRequest request) {
        std::optional<AuthDecision> decision = access_.check(
            std::move(request), [&](AuthDecision later) { decision = std::move(later); });
        auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        io_.restart();
        while (!decision && std::chrono::steady_clock::now() < end) {
            io_.run_one_for(std::chrono::milliseconds{100});
        }
        return decision.value_or(AuthDecision{AuthResult::refused, "no decision"});
    }
};

AuthRequest from(std::string user, std::string password) {
    return {.action = AuthAction::publish,
            .path = "live/a/in",
            .query = "x=1",
            .user = std::move(user),
            .password = std::move(password),
            .ip = "10.0.0.5",
            .protocol = "rtmp",
            .id = "a6ddfc35-0000-4000-8000-000000000000",
            .user_agent = "OBS"};
}

TEST_F(AccessControlTest, NobodyMayDoAnythingBeforeItIsConfigured) {
    EXPECT_EQ(decide(from("", "")).result, AuthResult::refused);
}

TEST_F(AccessControlTest, AsksTheServerInMediaMtxsForm) {
    configure();
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::allowed);
    ASSERT_EQ(questions_.size(), 1U);
    EXPECT_EQ(questions_[0], json::parse(R"({"ip":"10.0.0.5","user":"u","password":"p","token":"p",
        "action":"publish","path":"live/a/in","protocol":"rtmp",
        "id":"a6ddfc35-0000-4000-8000-000000000000","query":"x=1","userAgent":"OBS"})"));
}

TEST_F(AccessControlTest, TellsWhyTheServerRefused) {
    configure();
    status_ = 401;
    auto const wrong = decide(from("u", "p"));
    EXPECT_EQ(wrong.result, AuthResult::refused);
    EXPECT_EQ(wrong.why, "server replied with code 401: because so");
    EXPECT_EQ(decide(from("", "")).result, AuthResult::credentials_missing);
    status_ = 302;
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::refused);
    status_ = 204;
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::allowed);
}

TEST_F(AccessControlTest, DoesNotAskAboutWhatIsExcluded) {
    configure("authHTTPExclude:\n- action: publish\n  path: ~^live/\n");
    status_ = 401;
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::allowed);
    auto other = from("u", "p");
    other.path = "other";
    EXPECT_EQ(decide(std::move(other)).result, AuthResult::refused);
    EXPECT_EQ(questions_.size(), 1U);
}

TEST_F(AccessControlTest, GivesUpAfterReadTimeout) {
    configure("readTimeout: 100ms\n");
    delay_ = std::chrono::seconds{20};
    auto const decision = decide(from("u", "p"));
    EXPECT_EQ(decision.result, AuthResult::refused);
    EXPECT_THAT(decision.why, testing::HasSubstr("deadline of 100 ms exceeded"));
}

TEST_F(AccessControlTest, ChangesFromOneMethodToTheOther) {
    configure();
    status_ = 401;
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::refused);
    auto const conf = config::mediamtx::parse("", {});
    ASSERT_TRUE(access_.configure(conf->global).has_value());
    EXPECT_EQ(decide(from("u", "p")).result, AuthResult::allowed);
}

TEST_F(AccessControlTest, StopForgetsWhatIsBeingAsked) {
    configure();
    delay_ = std::chrono::seconds{20};
    bool called = false;
    ASSERT_FALSE(access_.check(from("u", "p"), [&](AuthDecision) { called = true; }));
    while (questions_.empty()) io_.run_one_for(std::chrono::milliseconds{100});
    bool stopped = false;
    asio::co_spawn(io_, access_.stop(), [&](std::exception_ptr) { stopped = true; });
    while (!stopped) io_.run_one_for(std::chrono::milliseconds{100});
    EXPECT_FALSE(called);
}

TEST(TokenOf, IsBearersThenThePasswordThenTheQueries) {
    AuthRequest request{.query = "token=q", .password = "p", .token = "b", .protocol = "rtsp"};
    EXPECT_EQ(token_of(request), "b");
    request.token.clear();
    EXPECT_EQ(token_of(request), "p");
    request.password.clear();
    EXPECT_EQ(token_of(request), "q");
    request.query = "jwt=j%20k";
    EXPECT_EQ(token_of(request), "j k");
    request.protocol.clear();
    EXPECT_EQ(token_of(request), "");
}

}  // namespace
}  // namespace tidegate::router
