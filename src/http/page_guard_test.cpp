// Which requests a web page may have sent, and what becomes of them.
#include "http/page_guard.hpp"

#include <gtest/gtest.h>

#include "http/server_fixture_test.hpp"

namespace tidegate::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Request request(std::string method, Headers headers, std::string remote_ip = "127.0.0.1") {
    Request made;
    made.method = std::move(method);
    made.headers = std::move(headers);
    made.remote_ip = std::move(remote_ip);
    return made;
}

bool refused(std::string const& method, Headers headers, PageRules const& rules = {},
             std::string const& remote_ip = "127.0.0.1") {
    return page_refusal(request(method, std::move(headers), remote_ip), rules).has_value();
}

constexpr auto kChanging = {"POST", "PUT", "PATCH", "DELETE"};

TEST(PageGuard, LetsProgramsDoEverything) {
    for (std::string const host :
         {"127.0.0.1:9997", "localhost:9997", "[::1]:9997", "mediamtx:9997", "10.0.0.7",
          "api.localhost", "LOCALHOST:9997", ""}) {
        for (auto const* const method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
            EXPECT_FALSE(refused(method, {{"host", host}})) << method << host;
            EXPECT_FALSE(refused(method, {{"host", host}}, {}, "10.0.0.9")) << method << host;
        }
    }
    EXPECT_FALSE(refused("POST", {})) << "HTTP/1.0";
    EXPECT_FALSE(
        refused("POST", {{"host", "media-service.ns.svc.cluster.local:8080"}}, {}, "10.0.0.9"));
}

TEST(PageGuard, RefusesCommandsOfPagesFromElsewhere) {
    Headers const pages[] = {
        {{"origin", "http://evil.example"}},
        {{"origin", "null"}},
        {{"origin", ""}},
        {{"origin", "file://"}},
        {{"origin", "http://localhost:3000"}},
        {{"origin", "http://127.0.0.1:9998"}},
        {{"origin", "http://localhost.evil.example:9997"}},
        {{"origin", "http://127.0.0.1:9997"}, {"sec-fetch-site", "cross-site"}},
        {{"sec-fetch-site", "cross-site"}},
        {{"sec-fetch-site", "same-site"}},
        {{"sec-fetch-site", "of another kind"}},
        {{"origin", "http://127.0.0.1:9997"}, {"origin", "http://evil.example"}},
        {{"sec-fetch-site", "same-origin"}, {"sec-fetch-site", "cross-site"}},
    };
    for (auto headers : pages) {
        headers.emplace_back("host", "127.0.0.1:9997");
        for (auto const* const method : kChanging) {
            EXPECT_TRUE(refused(method, headers)) << method << headers[0].second;
            EXPECT_TRUE(refused(method, headers, {{"*"}, {}})) << "* lets pages read only";
        }
        if (headers[1].first == headers[0].first) continue;
        EXPECT_FALSE(refused("GET", headers)) << "a browser keeps the answer from that page";
    }
}

TEST(PageGuard, LetsItsOwnPagesCommand) {
    for (auto const& [origin, host] : {std::pair{"http://127.0.0.1:9997", "127.0.0.1:9997"},
                                       {"http://localhost:9997", "localhost:9997"},
                                       {"http://localhost", "localhost"},
                                       {"http://localhost", "LOCALHOST:80"},
                                       {"https://localhost", "localhost:443"},
                                       {"http://[::1]:9997", "[::1]:9997"},
                                       {"http://mediamtx:9997", "mediamtx:9997"}}) {
        for (std::string const site : {"", "same-origin", "none"}) {
            Headers headers{{"origin", origin}, {"host", host}};
            if (!site.empty()) headers.emplace_back("sec-fetch-site", site);
            EXPECT_FALSE(refused("POST", headers)) << origin;
        }
    }
}

TEST(PageGuard, DnsRebindingNeitherReadsNorCommands) {
    for (std::string const host :
         {"evil.example:9997", "evil.example.:9997", "x.127.0.0.1.nip.io:9997", "0x7f.1:9997",
          "localhost.evil.example", "EVIL.example:9997"}) {
        EXPECT_TRUE(refused("GET", {{"host", host}})) << host;
        EXPECT_TRUE(refused("HEAD", {{"host", host}}, {}, "::1")) << host;
        EXPECT_FALSE(refused("POST", {{"host", host}})) << host << ": no browser";
        EXPECT_TRUE(refused("POST", {{"host", host}, {"origin", "http://" + host}})) << host;
        // From another machine nothing is readable without a password, or everything is open.
        EXPECT_FALSE(refused("GET", {{"host", host}}, {}, "10.0.0.9")) << host;
        Headers const page{{"host", host}, {"origin", "http://" + host}};
        EXPECT_TRUE(refused("POST", page, {}, "10.0.0.9")) << host;
        EXPECT_TRUE(
            refused("POST", {{"host", host}, {"sec-fetch-site", "same-origin"}}, {}, "10.0.0.9"));
    }
    EXPECT_TRUE(refused("GET", {{"host", "a b"}}));
    EXPECT_TRUE(refused("GET", {{"host", "127.0.0.1.nip.io:9997"}}));
    EXPECT_TRUE(refused("GET", {{"host", "localhost"}, {"host", "evil.example"}}));
}

TEST(PageGuard, WhatIsListedIsOurs) {
    PageRules const rules{{"https://dash.example", "http://*.lab.example:8443"},
                          {"router.example"}};
    Headers const local{{"host", "127.0.0.1:9997"}};
    auto const with = [&](Headers more) {
        more.insert(more.end(), local.begin(), local.end());
        return more;
    };
    EXPECT_FALSE(refused(
        "POST", with({{"origin", "https://dash.example"}, {"sec-fetch-site", "cross-site"}}),
        rules));
    EXPECT_FALSE(refused("POST", with({{"origin", "https://dash.example:443"}}), rules));
    EXPECT_FALSE(refused("POST", with({{"origin", "http://a.lab.example:8443"}}), rules));
    EXPECT_FALSE(refused("POST", with({{"origin", "http://lab.example:8443"}}), rules));
    EXPECT_TRUE(refused("POST", with({{"origin", "http://dash.example"}}), rules));
    EXPECT_TRUE(refused("POST", with({{"origin", "http://evillab.example:8443"}}), rules));
    EXPECT_TRUE(refused("POST", with({{"origin", "http://router.example"}}), rules))
        << "a name, no origin";
    for (std::string const host : {"dash.example", "x.lab.example:1", "router.example:8080"}) {
        EXPECT_FALSE(refused("GET", {{"host", host}}, rules)) << host;
        EXPECT_FALSE(refused("POST", {{"host", host}, {"origin", "http://" + host}}, rules))
            << host;
    }
    EXPECT_FALSE(refused("GET", {{"host", "evil.example"}}, {{"*"}, {}})) << "all may read";
}

TEST(PageGuard, NamesTheOriginThatMayRead) {
    auto const asked = [](std::string const& origin, std::vector<std::string> const& origins) {
        Headers headers;
        if (!origin.empty()) headers.emplace_back("origin", origin);
        return allowed_origin(request("GET", std::move(headers)), origins);
    };
    EXPECT_EQ(asked("", {}), std::nullopt);
    EXPECT_EQ(asked("http://a.b", {}), std::nullopt);
    EXPECT_EQ(asked("", {"*"}), "*");
    EXPECT_EQ(asked("https://x.a.b", {"*"}), "*");
    EXPECT_EQ(asked("null", {"*"}), std::nullopt);
    EXPECT_EQ(asked("https://x.a.b", {"https://a.b"}), std::nullopt);
    EXPECT_EQ(asked("https://x.a.b", {"*", "https://*.a.b"}), "https://x.a.b");
}

TEST(PageGuard, ComesBeforeRoutesAndGateAndLeavesTheConnectionOpen) {
    int handled = 0;
    ServerSettings settings;
    settings.gate = [&](Request const&) -> asio::awaitable<std::optional<Response>> {
        ++handled;
        co_return std::nullopt;
    };
    RunningServer server(settings, [&](Server& made) {
        made.route("POST", "/run", [&](Request const&) {
            ++handled;
            return Response{};
        });
    });
    RawClient client(server.port());
    client.send(
        "POST /run HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
        "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_TRUE(client.read_until("\r\n").starts_with("HTTP/1.1 403 "));
    EXPECT_EQ(handled, 0);
    client.send(
        "POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(client.read_all().contains("HTTP/1.1 200 "));
    EXPECT_EQ(handled, 2);
}

}  // namespace
}  // namespace tidegate::http
