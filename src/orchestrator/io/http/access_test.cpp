#include "orchestrator/io/http/access.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidegate::orchestrator {
namespace {

using testing::HasSubstr;

http::Request request(std::string method, std::string ip) {
    http::Request made;
    made.method = std::move(method);
    made.path = "/v1/streams";
    made.remote_ip = std::move(ip);
    return made;
}

http::Request with(http::Request made, std::string name, std::string value) {
    made.headers.emplace_back(std::move(name), std::move(value));
    return made;
}

unsigned status(std::optional<http::Response> const& refusal) {
    return refusal ? refusal->status : 200;
}

class AccessTest : public testing::Test {
protected:
    std::string const file_ =
        (std::filesystem::temp_directory_path() / ("tidegate-access-" + std::to_string(getpid())))
            .string();
    metrics::Registry registry_;
    std::string viewer_ = *add_token(file_, "wall", Role::viewer);
    std::string chief_ = *add_token(file_, "ann", Role::operator_);

    void TearDown() override { std::filesystem::remove(file_); }
    static http::Request bearing(std::string const& token, std::string ip = "10.0.0.9") {
        return with(request("GET", std::move(ip)), "authorization", "Bearer " + token);
    }
};

TEST_F(AccessTest, WithoutTokensOnlyThisMachineMayAsk) {
    Access access({}, registry_);
    ASSERT_TRUE(access.load());
    for (auto const* here : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_EQ(status(access.refusal(request("POST", here), Role::operator_)), 200U) << here;
    }
    for (auto const* there : {"10.0.0.1", "192.168.1.1", "fe80::1", "128.0.0.1", ""}) {
        auto const refusal = access.refusal(request("GET", there), Role::viewer);
        ASSERT_EQ(status(refusal), 403U) << there;
        EXPECT_THAT(refusal->body, HasSubstr("urn:tidegate:problem:closed"));
    }
    // There are no tokens that a header could show.
    EXPECT_EQ(status(access.refusal(bearing("x", "127.0.0.1"), Role::operator_)), 200U);
    EXPECT_EQ(status(access.refusal(bearing("x"), Role::viewer)), 403U);
}

TEST_F(AccessTest, ATokenDecidesWhereverItComesFrom) {
    Access access({.tokens_file = file_}, registry_);
    ASSERT_TRUE(access.load());
    for (auto const* ip : {"10.0.0.9", "127.0.0.1"}) {
        EXPECT_EQ(status(access.refusal(bearing(viewer_, ip), Role::viewer)), 200U);
        auto const refusal = access.refusal(bearing(viewer_, ip), Role::operator_);
        ASSERT_EQ(status(refusal), 403U);
        EXPECT_THAT(refusal->body, HasSubstr("urn:tidegate:problem:operators-only"));
        EXPECT_EQ(status(access.refusal(bearing(chief_, ip), Role::operator_)), 200U);
        EXPECT_EQ(status(access.refusal(bearing(chief_ + "0", ip), Role::viewer)), 401U);
        EXPECT_EQ(status(access.refusal(request("GET", ip), Role::viewer)), 401U);
    }
}

TEST_F(AccessTest, TakesNothingElseForAToken) {
    Access access({.tokens_file = file_, .open_to = {"127.0.0.1"}}, registry_);
    ASSERT_TRUE(access.load());
    auto const asked = [&](std::string value) {
        return status(access.refusal(
            with(request("GET", "127.0.0.1"), "authorization", std::move(value)), Role::viewer));
    };
    EXPECT_EQ(asked("bEARER   " + viewer_ + " "), 200U);
    for (auto const& value :
         {std::string(), std::string("Bearer"), std::string("Bearer "), "Basic " + viewer_, viewer_,
          "Bearer" + viewer_, "Bearer " + viewer_ + " x", "Bearer \"" + viewer_ + "\"",
          "Bearer " + viewer_ + ",x", "Bearer " + std::string(kMaxTokenBytes + 1, 'a'),
          std::string("Digest username=\"ann\""), std::string("Bearer \xff\xfe")}) {
        EXPECT_EQ(asked(value), 401U) << value;
    }
    auto const twice = with(bearing(viewer_), "authorization", "Bearer " + viewer_);
    EXPECT_EQ(status(access.refusal(twice, Role::viewer)), 400U);
}

TEST_F(AccessTest, ChallengesAsRfc6750Says) {
    Access access({.tokens_file = file_}, registry_);
    ASSERT_TRUE(access.load());
    auto const challenge = [&](http::Request const& asked) {
        auto const refusal = access.refusal(asked, Role::viewer);
        for (auto const& [name, value] : refusal->headers) {
            if (name == "WWW-Authenticate") return value;
        }
        return std::string();
    };
    EXPECT_EQ(challenge(request("GET", "::1")), "Bearer realm=\"media-service\"");
    EXPECT_EQ(challenge(bearing("x")), "Bearer realm=\"media-service\", error=\"invalid_token\"");
}

TEST_F(AccessTest, OpensToTheNetworksThatItIsTold) {
    Access access({.tokens_file = file_, .open_to = {"10.1.0.0/16"}}, registry_);
    ASSERT_TRUE(access.load());
    EXPECT_EQ(status(access.refusal(request("POST", "10.1.2.3"), Role::operator_)), 200U);
    EXPECT_EQ(status(access.refusal(request("POST", "127.0.0.1"), Role::operator_)), 401U);
}

TEST_F(AccessTest, ABadFileLeavesTheTokensAsTheyWere) {
    Access access({.tokens_file = file_}, registry_);
    ASSERT_TRUE(access.load());
    std::ofstream(file_, std::ios::app) << "carl root sha256:00\n";
    EXPECT_FALSE(access.load());
    EXPECT_EQ(status(access.refusal(bearing(viewer_), Role::viewer)), 200U);
    std::filesystem::remove(file_);
    EXPECT_FALSE(access.load());
    EXPECT_EQ(status(access.refusal(bearing(viewer_), Role::viewer)), 200U);
    auto const other = add_token(file_, "dora", Role::viewer);
    EXPECT_EQ(access.load(), true) << "tokens are gone";
    EXPECT_EQ(status(access.refusal(bearing(viewer_), Role::viewer)), 401U);
    EXPECT_EQ(status(access.refusal(bearing(*other), Role::viewer)), 200U);
    ASSERT_TRUE(add_token(file_, "emil", Role::viewer));
    EXPECT_EQ(access.load(), false) << "only one more";
}

constexpr char kReady[] = "/v1/mediamtx/events/ready";

class SignedHooks : public AccessTest {
protected:
    Access access_{{.tokens_file = file_, .open_to = {"127.0.0.1"}, .hook_secret = "geheim"},
                   registry_};
    std::int64_t const now_ = std::chrono::duration_cast<std::chrono::seconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();

    void SetUp() override { ASSERT_TRUE(access_.load()); }
    unsigned asked(std::string body, std::string signature) {
        auto made =
            with(request("POST", "127.0.0.1"), std::string(kSignatureHeader), std::move(signature));
        made.body = std::move(body);
        made.path = kReady;
        return status(access_.hook_refusal(made));
    }
};

TEST_F(SignedHooks, AreTakenFromAnywhere) {
    EXPECT_EQ(asked("{}", hook_signature("geheim", now_, kReady, "{}")), 200U);
    EXPECT_EQ(asked("{}", hook_signature("geheim", now_ - 250, kReady, "{}")), 200U);
    EXPECT_EQ(hook_signature("Jefe", 1, kReady, "x").size(), 2 + 1 + 8 + 64U);
}

TEST_F(SignedHooks, AreRefusedIfTheyAreForgedChangedOrOld) {
    EXPECT_EQ(asked("{}", hook_signature("gehein", now_, kReady, "{}")), 401U);
    EXPECT_EQ(asked("{}", hook_signature("geheim", now_, "/v1/mediamtx/events/not-ready", "{}")),
              401U);
    EXPECT_EQ(asked("{ }", hook_signature("geheim", now_, kReady, "{}")), 401U);
    EXPECT_EQ(asked("{}", hook_signature("geheim", now_ - 400, kReady, "{}")), 401U);
    EXPECT_EQ(asked("{}", hook_signature("geheim", now_ + 400, kReady, "{}")), 401U);
    auto const good = hook_signature("geheim", now_, kReady, "{}");
    auto const digits = good.substr(good.find(','));
    for (auto const& bad :
         {std::string(), std::string("t="), std::string("t=,sha256="), good + "0", " " + good,
          good.substr(0, good.size() - 1), "t=" + std::to_string(now_ + 1) + digits,
          "t=99999999999999999999" + digits, "t=-9223372036854775808" + digits,
          "t=0" + std::to_string(now_) + digits}) {
        EXPECT_EQ(asked("{}", bad), 401U) << bad;
    }
    EXPECT_EQ(status(access_.hook_refusal(request("POST", "127.0.0.1"))), 401U)
        << "an address is no signature";
}

TEST_F(SignedHooks, OrComeWithAnOperatorsToken) {
    EXPECT_EQ(status(access_.hook_refusal(bearing(chief_))), 200U);
    EXPECT_EQ(status(access_.hook_refusal(bearing(viewer_))), 401U);
}

}  // namespace
}  // namespace tidegate::orchestrator
