#include "kubernetes/core/access.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace tidegate::kubernetes {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// A kubeconfig with one context; `cluster` and `user` are the members of its cluster and user.
json::value kubeconfig(std::string const& cluster, std::string const& user,
                       std::string const& context = "") {
    return json::parse(R"({"apiVersion":"v1","kind":"Config","current-context":"here",
        "contexts":[{"name":"other","context":{"cluster":"none","user":"none"}},
                    {"name":"here","context":{"cluster":"c","user":"u")" +
                       context + R"(}}],
        "clusters":[{"name":"c","cluster":{)" +
                       cluster + R"(}}],"users":[{"name":"u","user":{)" + user + "}}]}");
}

constexpr char kServer[] = R"("server":"https://10.0.0.1:6443/")";

std::string problem(std::string const& cluster, std::string const& user,
                    std::string const& context = "") {
    auto const access = parse_kubeconfig(kubeconfig(cluster, user, context), "/etc/k", "");
    return access ? "" : access.error();
}

TEST(Kubeconfig, NamesFilesRelativeToItself) {
    auto const access = parse_kubeconfig(
        kubeconfig(std::string(kServer) +
                       R"(,"certificate-authority":"ca.crt","tls-server-name":"kubernetes")",
                   R"("client-certificate":"/abs/me.crt","client-key":"me.key")",
                   R"(,"namespace":"media")"),
        "/etc/k", "");
    ASSERT_TRUE(access) << access.error();
    EXPECT_EQ(access->server, "https://10.0.0.1:6443");
    EXPECT_EQ(access->server_name, "kubernetes");
    EXPECT_EQ(access->name_space, "media");
    EXPECT_EQ(access->authority.file, "/etc/k/ca.crt");
    EXPECT_EQ(access->certificate.file, "/abs/me.crt");
    EXPECT_EQ(access->key.file, "/etc/k/me.key");
    EXPECT_FALSE(access->token.exists());
}

TEST(Kubeconfig, HasTextsInBase64AndPrefersThem) {
    auto const access = parse_kubeconfig(
        kubeconfig(std::string(kServer) +
                       R"(,"certificate-authority-data":"UEVN","certificate-authority":"ca.crt")",
                   R"("token":"secret","tokenFile":"token")"),
        "", "here");
    ASSERT_TRUE(access) << access.error();
    EXPECT_EQ(access->authority, (Material{"PEM", ""}));
    EXPECT_EQ(access->token, (Material{"", "token"})) << "a file can be exchanged";
    EXPECT_EQ(access->name_space, "default");
}

TEST(Kubeconfig, SaysWhatItDoesNotSupport) {
    EXPECT_THAT(problem(kServer, R"("exec":{"command":"aws"})"),
                HasSubstr("another program (exec)"));
    EXPECT_THAT(problem(kServer, R"("auth-provider":{"name":"oidc"})"), HasSubstr("auth-provider"));
    EXPECT_THAT(problem(kServer, R"("username":"a","password":"b")"), HasSubstr("since 1.19"));
    EXPECT_THAT(problem(kServer, R"("as":"root")"), HasSubstr("impersonation"));
    EXPECT_THAT(problem(kServer, R"("client-certificate":"a")"), HasSubstr("belong together"));
    EXPECT_THAT(problem(std::string(kServer) + R"(,"insecure-skip-tls-verify":true)", ""),
                HasSubstr("name the certificate-authority"));
    EXPECT_THAT(problem(std::string(kServer) + R"(,"proxy-url":"http://p")", ""),
                HasSubstr("proxy-url"));
    EXPECT_THAT(problem(std::string(kServer) + R"(,"certificate-authority-data":"!")", ""),
                HasSubstr("certificate-authority-data is not base 64"));
    EXPECT_EQ(problem(std::string(kServer) + R"(,"insecure-skip-tls-verify":false)", ""), "");
}

TEST(Kubeconfig, SaysWhatIsMissing) {
    auto const read = [](char const* text, std::string_view context = {}) {
        return parse_kubeconfig(json::parse(text), "", context).error();
    };
    EXPECT_EQ(read("{}"), "it has no current-context");
    EXPECT_EQ(read("[]"), "it has no current-context");
    EXPECT_EQ(read("{}", "x"), "it has no context \"x\"");
    EXPECT_EQ(read(R"({"contexts":[{"name":"x","context":{"cluster":"c"}}]})", "x"),
              "it has no cluster \"c\"");
    EXPECT_THAT(parse_kubeconfig(kubeconfig(kServer, ""), "", "other").error(),
                HasSubstr("it has no cluster \"none\""));
    EXPECT_THAT(problem("", ""), HasSubstr("the server \"\" is not https://HOST[:PORT]"));
    EXPECT_THAT(problem(kServer, "", R"(,"namespace":"Not/One")"),
                HasSubstr("no name of a namespace"));
}

TEST(Kubeconfig, ATokenInClearStaysOnThisMachine) {
    EXPECT_EQ(problem(R"("server":"http://127.0.0.1:8001")", ""), "");
    EXPECT_EQ(problem(R"("server":"http://[::1]:8001")", ""), "");
    EXPECT_THAT(problem(R"("server":"http://10.0.0.1:8001")", ""), HasSubstr("is not https://"));
    EXPECT_THAT(problem(R"("server":"http://127.0.0.1.evil.example")", ""),
                HasSubstr("is not https://"));
    EXPECT_THAT(problem(R"("server":"https://user:pass@10.0.0.1")", ""),
                HasSubstr("is not https://"));
}

TEST(AccessOfPod, IsWhatThePodFinds) {
    auto const access = access_of_pod("10.96.0.1", "443", "media\n", "/secrets");
    ASSERT_TRUE(access) << access.error();
    EXPECT_EQ(access->server, "https://10.96.0.1:443");
    EXPECT_EQ(access->name_space, "media");
    EXPECT_EQ(access->authority.file, "/secrets/ca.crt");
    EXPECT_EQ(access->token.file, "/secrets/token");
    EXPECT_EQ(access_of_pod("fd00::1", "443", "a", "/s")->server, "https://[fd00::1]:443");
    EXPECT_FALSE(access_of_pod("", "443", "media", "/s"));
    EXPECT_FALSE(access_of_pod("10.96.0.1", "70000", "media", "/s"));
    EXPECT_FALSE(access_of_pod("10.96.0.1", "443", "", "/s"));
}

}  // namespace
}  // namespace tidegate::kubernetes
