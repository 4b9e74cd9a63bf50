// The HTTP client against the project's own server and against scripted ones that misbehave.
#include "http/client.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "http/server_fixture_test.hpp"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using Result = std::expected<ClientResponse, std::string>;

// A client and the loop that its connections live on.
struct Asking {
    Result send(ClientRequest request) {
        auto done = asio::co_spawn(io, client.send(std::move(request)), asio::use_future);
        io.restart();
        io.run();
        return done.get();
    }
    asio::io_context io;
    Client client;
};

std::string url(unsigned short port, std::string_view target) {
    return "http://127.0.0.1:" + std::to_string(port) + std::string(target);
}

// Answers one connection after the other with fixed bytes, whatever is asked, and closes.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> answers)
        : thread_([this, answers = std::move(answers)] {
              for (auto const& answer : answers) {
                  tcp::socket socket(io_);
                  acceptor_.accept(socket);
                  std::string request;
                  boost::system::error_code ignored;
                  asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", ignored);
                  asio::write(socket, asio::buffer(answer), ignored);
              }
          }) {}
    ~ScriptedServer() { thread_.join(); }
    unsigned short port() const { return acceptor_.local_endpoint().port(); }

private:
    asio::io_context io_;
    tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

TEST(HttpClient, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
    RunningServer server({}, [](Server& s) {
        s.route("POST", "/echo", [](Request const& request) {
            Response response = text_response(std::string(*request.header("x-id")) + request.body);
            response.status = 418;
            response.headers.emplace_back("X-Reply", "Yes");
            return response;
        });
    });
    Asking asking;
    auto const answer = asking.send({.method = "POST",
                                     .url = url(server.port(), "/echo?a=1"),
                                     .headers = {{"X-Id", "7 "}},
                                     .body = "body"});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 418U);
    EXPECT_EQ(answer->body, "7body");
    EXPECT_THAT(answer->headers, testing::Contains(testing::Pair("x-reply", "Yes")));
}

TEST(HttpClient, UsesAConnectionAgainAndSurvivesItsEnd) {
    Asking asking;
    auto const ask = [&](unsigned short port) { return asking.send({.url = url(port, "/")}); };
    auto const route = [](Server& s) {
        s.route("GET", "/", [](Request const& r) { return text_response(r.remote_address); });
    };
    RunningServer server({.limits = {.idle_deadline = 200ms}}, route);
    auto const first = ask(server.port());
    auto const again = ask(server.port());
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->body, again->body);
    // The server closes the idle connection; the client must not report that as its own failure.
    auto const end = std::chrono::steady_clock::now() + 20s;
    Result later = again;
    while (later && later->body == first->body && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(250ms);  // longer than the server's idle deadline: its cause
        later = ask(server.port());
    }
    ASSERT_TRUE(later) << later.error();
    EXPECT_NE(later->body, first->body);
}

TEST(HttpClient, RefusesAPortThatIsNone) {
    for (auto const* const port : {"0", "65536", "70000", "99999999999"}) {
        for (auto const* const host : {"127.0.0.1", "localhost", "[::1]"}) {
            Asking asking;
            auto const where = std::string("http://") + host + ":" + port + "/";
            auto const answer = asking.send({.url = where});
            ASSERT_FALSE(answer);
            EXPECT_EQ(answer.error(), "URL \"" + where + "\": the port is not 1 to 65535");
        }
    }
}

TEST(HttpClient, ReportsARefusedConnection) {
    unsigned short port = 0;
    {
        ScriptedServer gone({});
        port = gone.port();
    }
    Asking asking;
    auto const answer = asking.send({.url = url(port, "/")});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), "connect 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST(HttpClient, GivesUpAtItsDeadline) {
    asio::io_context io;
    tcp::acceptor silent(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    Asking asking;
    auto const answer =
        asking.send({.url = url(silent.local_endpoint().port(), "/"), .deadline = 50ms});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error(), EndsWith("deadline of 50 ms exceeded"));
}

TEST(HttpClient, BoundsTheAnswer) {
    std::string const body(5000, 'x');
    ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body,
                           "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body});
    for (int i = 0; i < 2; ++i) {
        Asking asking;
        auto const answer = asking.send({.url = url(server.port(), "/"), .max_body_bytes = 1000});
        ASSERT_FALSE(answer);
        EXPECT_THAT(answer.error(), EndsWith("is larger than 1000 bytes"));
    }
}

TEST(HttpClient, ReportsABrokenAnswer) {
    for (std::string const broken : {"", "HTTP/1.1 2", "no HTTP at all\r\n\r\n",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
        ScriptedServer server({broken});
        Asking asking;
        auto const answer = asking.send({.url = url(server.port(), "/")});
        ASSERT_FALSE(answer) << broken;
        EXPECT_THAT(answer.error(), StartsWith("receive from 127.0.0.1:"));
    }
}

TEST(HttpClient, RefusesOtherSchemesAndBrokenUrls) {
    Asking asking;
    EXPECT_THAT(asking.send({.url = "ftp://localhost/"}).error(), HasSubstr("only http://"));
    EXPECT_THAT(asking.send({.url = "not a url"}).error(), HasSubstr("invalid URL"));
    EXPECT_THAT(asking.send({.url = "http:///x"}).error(), HasSubstr("no host"));
}

}  // namespace
}  // namespace tidegate::http
