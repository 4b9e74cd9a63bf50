#include "router/auth/auth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

Authenticator authenticator_of(std::string_view yaml) {
    auto const conf = config::mediamtx::parse(yaml, {});
    EXPECT_TRUE(conf.has_value()) << conf.error();
    auto created = Authenticator::create(conf->global);
    EXPECT_TRUE(created.has_value()) << created.error();
    return std::move(*created);
}

AuthRequest request(AuthAction action, std::string path, std::string user = {},
                    std::string password = {}, std::string ip = "10.0.0.5") {
    AuthRequest made;
    made.action = action;
    made.path = std::move(path);
    made.user = std::move(user);
    made.password = std::move(password);
    made.ip = std::move(ip);
    return made;
}

TEST(Authenticator, DefaultsLetAnybodyStreamAndOnlyThisMachineOperate) {
    auto const auth = authenticator_of("");
    for (auto const action : {AuthAction::publish, AuthAction::read, AuthAction::playback}) {
        EXPECT_EQ(auth.check(request(action, "x")), AuthResult::allowed);
        EXPECT_EQ(auth.check(request(action, "x", "who", "ever")), AuthResult::allowed);
    }
    for (auto const action : {AuthAction::api, AuthAction::metrics, AuthAction::pprof}) {
        for (auto const* ip : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
            EXPECT_EQ(auth.check(request(action, "", "", "", ip)), AuthResult::allowed) << ip;
        }
        EXPECT_EQ(auth.check(request(action, "")), AuthResult::credentials_missing);
        EXPECT_EQ(auth.check(request(action, "", "a", "b")), AuthResult::refused);
        EXPECT_EQ(auth.check(request(action, "", "", "", "")), AuthResult::credentials_missing);
    }
}

constexpr auto kUsers = R"(
authInternalUsers:
- user: pub
  pass: secret
  ips: [10.0.0.0/8, '2001:db8::/32']
  permissions:
  - action: publish
    path: ~^live/[^/]+/in$
- user: sha256:BPiZbadjt6lpsQKO4wB1aerzpjVIbdqyEdUSyFud+Ps=
  pass: sha256:K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=
  permissions:
  - action: read
    path: live/a/out
- user: ops
  permissions:
  - action: api
    path: ignored
)";

TEST(Authenticator, GoesByUserPasswordAddressActionAndPath) {
    auto const auth = authenticator_of(kUsers);
    struct Row {
        AuthRequest request;
        AuthResult result;
    };
    using enum AuthAction;
    using enum AuthResult;
    for (auto const& row : std::vector<Row>{
             {request(publish, "live/s1/in", "pub", "secret"), allowed},
             {request(publish, "live/s1/in", "pub", "secret", "2001:db8::7"), allowed},
             {request(publish, "live/s1/in", "pub", "secret", "192.168.0.1"), refused},
             {request(publish, "live/s1/in", "pub", "secreT"), refused},
             {request(publish, "live/s1/in", "pub", ""), refused},
             {request(publish, "live/s1/in", "", ""), credentials_missing},
             {request(publish, "live/s1/out", "pub", "secret"), refused},
             {request(read, "live/s1/in", "pub", "secret"), refused},
             // "user" and "secret", hashed.
             {request(read, "live/a/out", "user", "secret"), allowed},
             {request(read, "live/a/out", "user", "Secret"), refused},
             {request(read, "live/a/outx", "user", "secret"), refused},
             {request(api, "", "ops", "anything"), allowed},
             {request(api, "", "any", ""), refused},
         }) {
        EXPECT_EQ(auth.check(row.request), row.result)
            << row.request.user << " " << row.request.path << " " << row.request.ip;
    }
}

TEST(Authenticator, ATokenIsNoCredentialOfItsUsers) {
    auto const auth = authenticator_of(kUsers);
    auto made = request(AuthAction::publish, "live/s1/in");
    made.token = "abc";
    EXPECT_EQ(auth.check(made), AuthResult::credentials_missing);
}

TEST(Authenticator, GivesDigestOnlyPlainPasswordsThatWouldBeAllowed) {
    auto const auth = authenticator_of(kUsers);
    EXPECT_THAT(auth.digest_passwords(request(AuthAction::publish, "live/s1/in", "pub")),
                testing::ElementsAre("secret"));
    EXPECT_THAT(auth.digest_passwords(request(AuthAction::publish, "other", "pub")),
                testing::IsEmpty());
    EXPECT_THAT(auth.digest_passwords(request(AuthAction::read, "live/a/out", "user")),
                testing::IsEmpty());
}

TEST(Authenticator, RefusesBadExpressions) {
    config::mediamtx::Global global;
    global.auth_internal_users = {{"a", "", {}, {{AuthAction::read, "~("}}}};
    EXPECT_EQ(Authenticator::create(global).error(), "invalid regular expression: (");
}

TEST(AuthPause, IsWithinFourSeconds) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_GE(auth_pause().count(), 0);
        EXPECT_LE(auth_pause().count(), 4000);
    }
}

}  // namespace
}  // namespace tidegate::router
