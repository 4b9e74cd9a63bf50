// The HTTP server through real sockets: keep-alive, pipelining, limits and deadlines, streams,
// overload and the graceful stop.
#include "http/server.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

#include "http/server_fixture_test.hpp"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

void echo_routes(Server& server) {
    server.route("GET", "/hello", [](Request const&) { return text_response("hello"); });
    server.route("POST", "/echo",
                 [](Request const& request) { return text_response(request.body); });
    server.route("GET", "/who/{name}", [](Request const& request) {
        return text_response(request.params.find("name")->second + " from " + request.remote_ip);
    });
    server.route("GET", "/bug",
                 [](Request const&) -> Response { throw std::logic_error("a bug"); });
}

std::string get(std::string_view target, std::string_view headers = "Connection: close\r\n") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) +
           "\r\n";
}

std::string post(std::string_view body) {
    return "POST /echo HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::size_t count_of(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        ++count;
    }
    return count;
}

TEST(HttpServer, AnswersAndClosesWhenAsked) {
    RunningServer server({.server_header = "tidegate"}, echo_routes);
    auto const answer = RawClient(server.port()).exchange(get("/who/anna"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Server: tidegate\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nanna from 127.0.0.1"));
}

TEST(HttpServer, KeepsTheConnectionForTheNextRequest) {
    RunningServer server({}, echo_routes);
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send(get("/hello", ""));
        EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
    }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    RunningServer server({}, echo_routes);
    RawClient client(server.port());
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += get("/who/n" + std::to_string(i), "");
    client.send(requests);
    client.finish();
    auto const answers = client.read_all();
    EXPECT_EQ(count_of(answers, "HTTP/1.1 200 OK"), 1000U);
    EXPECT_LT(answers.find("\r\n\r\nn1 from"), answers.find("\r\n\r\nn999 from"));
}

// Megabytes between small answers, more than a socket takes at once.
TEST(HttpServer, LargeAnswersKeepTheirPlaceAmongPipelinedOnes) {
    RunningServer server({}, [](Server& s) {
        echo_routes(s);
        s.route("GET", "/large",
                [](Request const&) { return text_response(std::string(3'000'000, 'x') + "end"); });
    });
    RawClient client(server.port());
    client.send(get("/who/anna", "") + get("/large", "") + get("/large", "") +
                "HEAD /large HTTP/1.1\r\nHost: t\r\n\r\n" + get("/large"));
    auto const answers = client.read_all();
    EXPECT_EQ(count_of(answers, "HTTP/1.1 200 OK"), 5U);
    EXPECT_EQ(count_of(answers, "Content-Length: 3000003\r\n"), 4U);
    EXPECT_EQ(count_of(answers, "xend"), 3U);
    EXPECT_LT(answers.find("anna from"), answers.find("xend"));
    EXPECT_THAT(answers, EndsWith("xend"));
}

TEST(HttpServer, TakesARequestInAnyPieces) {
    RunningServer server({}, echo_routes);
    RawClient client(server.port());
    for (char const byte : post("piece by piece")) client.send({&byte, 1});
    EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\npiece by piece"));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    RunningServer server({}, echo_routes);
    auto const answer =
        RawClient(server.port())
            .exchange("HEAD /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, ToldToContinueBeforeTheBody) {
    RunningServer server({}, echo_routes);
    RawClient client(server.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
    EXPECT_THAT(client.exchange("ok"), EndsWith("\r\n\r\nok"));
}

TEST(HttpServer, SaysWhatAPathTakes) {
    RunningServer server({}, echo_routes);
    auto const answer = RawClient(server.port()).exchange(get("/echo"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(answer, HasSubstr("Allow: POST\r\n"));
    EXPECT_THAT(RawClient(server.port())
                    .exchange("OPTIONS /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"),
                HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
}

struct Refused {
    char const* name;
    std::string request;
    char const* status;
};

class HttpServerRefusals : public testing::TestWithParam<Refused> {};

TEST_P(HttpServerRefusals, AreAnsweredAndClosed) {
    RunningServer server({.limits = {.header_bytes = 1024, .body_bytes = 100}}, echo_routes);
    auto const answer = RawClient(server.port()).exchange(GetParam().request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::string(GetParam().status)));
    EXPECT_EQ(count_of(answer, "Connection: close\r\n"), 1U);
    EXPECT_THAT(RawClient(server.port()).exchange(get("/hello")), EndsWith("hello"));
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpServerRefusals,
    testing::Values(
        Refused{"NotHttp", "\x16\x03\x01garbage\r\n\r\n", "400"},
        Refused{"NoLength", "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "411"},
        Refused{
            "TwoLengths",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            "400"},
        Refused{"LengthAndChunked",
                "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: "
                "chunked\r\n\r\n0\r\n\r\n",
                "400"},
        Refused{"TooLargeByLength", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 101\r\n\r\n",
                "413"},
        Refused{"TooLargeByChunks",
                "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nFFF\r\n",
                "413"},
        Refused{"HugeHeader",
                "GET /hello HTTP/1.1\r\nHost: t\r\nX: " + std::string(4000, 'x') + "\r\n\r\n",
                "431"},
        Refused{"EndlessHeader", "GET /hello HTTP/1.1\r\nX: " + std::string(8000, 'x'), "431"},
        Refused{"ABug", get("/bug"), "500"}, Refused{"Nowhere", get("/nowhere"), "404"}),
    [](auto const& test) { return test.param.name; });

TEST(HttpServer, ASlowHeaderAndASlowBodyAreAnswered408) {
    RunningServer server({.limits = {.header_deadline = 50ms, .body_deadline = 50ms}}, echo_routes);
    EXPECT_THAT(RawClient(server.port()).exchange("GET /hello HT"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(RawClient(server.port())
                    .exchange("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nhalf"),
                StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, AnIdleConnectionIsClosedWithoutAWord) {
    RunningServer server({.limits = {.idle_deadline = 50ms}}, echo_routes);
    EXPECT_THAT(RawClient(server.port()).read_all(), IsEmpty());
}

TEST(HttpServer, ConnectionsBeyondTheLimitGetA503AndLeaveTheOthersAlone) {
    RunningServer server({.limits = {.connections = 2}}, echo_routes);
    RawClient first(server.port());
    RawClient second(server.port());
    first.send(get("/hello", ""));
    EXPECT_THAT(first.read_until("hello"), StartsWith("HTTP/1.1 200"));
    second.send(get("/hello", ""));
    EXPECT_THAT(second.read_until("hello"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(RawClient(server.port()).read_all(), StartsWith("HTTP/1.1 503 "));
    first.send(get("/hello", ""));
    EXPECT_THAT(first.read_until("hello"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, TheGateEndsARequestAndAfterSeesEveryAnswer) {
    std::vector<unsigned> seen;  // the loop's thread, then (joined) ours
    ServerSettings settings;
    settings.gate = [](Request const& request) -> asio::awaitable<std::optional<Response>> {
        if (request.header("authorization")) co_return std::nullopt;
        co_return Response{.status = 401};
    };
    settings.after = [&seen](Request const*, Response& response) {
        seen.push_back(response.status);
        response.headers.emplace_back("X-After", "yes");
    };
    {
        RunningServer server(std::move(settings), echo_routes);
        EXPECT_THAT(RawClient(server.port()).exchange(get("/hello")), StartsWith("HTTP/1.1 401 "));
        auto const allowed =
            RawClient(server.port())
                .exchange(get("/hello", "Authorization: x\r\nConnection: close\r\n"));
        EXPECT_THAT(allowed, HasSubstr("X-After: yes\r\n"));
        RawClient(server.port())
            .exchange(get("/nowhere", "Authorization: x\r\nConnection: close\r\n"));
    }
    EXPECT_THAT(seen, testing::ElementsAre(401, 200, 404));
}

TEST(HttpServer, TheGateIsAskedBeforeTheBody) {
    ServerSettings settings;
    settings.limits.body_bytes = 10'000'000;
    settings.gate = [](Request const& request) -> asio::awaitable<std::optional<Response>> {
        if (request.header("authorization")) co_return std::nullopt;
        co_return Response{.status = 401};
    };
    RunningServer server(std::move(settings), echo_routes);
    std::string const head = "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n";
    RawClient stranger(server.port());
    stranger.send(head + "\r\n");  // and not a byte of the body
    EXPECT_THAT(stranger.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 401 "));

    RawClient waiting(server.port());
    waiting.send(head + "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(waiting.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 401 "));
    RawClient known(server.port());
    known.send(head + "Authorization: x\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(known.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 "));
    known.send(std::string(10'000'000, 'b'));
    EXPECT_THAT(known.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 "));
}

TEST(HttpServer, AWaitingGateHoldsOnlyItsOwnConnectionAndKeepsTheOrder) {
    ServerSettings settings;
    std::optional<asio::steady_timer> opened;
    settings.gate = [&](Request const& request) -> asio::awaitable<std::optional<Response>> {
        if (request.path == "/who/bug") throw std::logic_error("a bug");
        if (request.path != "/who/slow") co_return std::nullopt;
        co_await opened->async_wait(asio::as_tuple(asio::use_awaitable));
        co_return std::nullopt;
    };
    RunningServer server(std::move(settings), echo_routes);
    opened.emplace(server.io(), 1h);

    RawClient waiting(server.port());
    waiting.send(get("/hello", "") + get("/who/slow", "") + get("/who/bug", ""));
    EXPECT_THAT(waiting.read_until("hello"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(RawClient(server.port()).exchange(get("/who/other")),
                EndsWith("other from 127.0.0.1"));
    asio::post(server.io(), [&] { opened->cancel(); });
    EXPECT_THAT(waiting.read_until("slow from 127.0.0.1"), HasSubstr("HTTP/1.1 200 "));
    EXPECT_THAT(waiting.read_until("an internal error"), HasSubstr("HTTP/1.1 500 "));
    server.stop();
    opened.reset();  // before its loop
}

// A stream that writes numbered lines until its client leaves or the server stops.
void endless_route(Server& server, std::atomic<int>& ended) {
    server.route("GET", "/stream", [&ended](Request const&) {
        Response response{.content_type = "text/event-stream"};
        response.stream = [&ended](BodyStream& body) -> asio::awaitable<void> {
            struct Count {
                std::atomic<int>& n;
                ~Count() { ++n; }
            } const count{ended};
            asio::steady_timer timer(co_await asio::this_coro::executor);
            for (int i = 0; co_await body.write("line " + std::to_string(i) + "\n"); ++i) {
                timer.expires_after(1ms);
                auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
                if (error) co_return;
            }
        };
        return response;
    });
}

void wait_for(std::atomic<int> const& value, int wanted) {
    auto const end = std::chrono::steady_clock::now() + 20s;
    while (value != wanted && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(value, wanted);
}

TEST(HttpServer, AStreamEndsWhenItsClientLeaves) {
    std::atomic<int> ended = 0;
    RunningServer server({}, [&](Server& s) { endless_route(s, ended); });
    {
        RawClient client(server.port());
        client.send(get("/stream", ""));
        EXPECT_THAT(client.read_until("line 3\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_EQ(ended, 0);
    }
    wait_for(ended, 1);
}

TEST(HttpServer, StoppingEndsStreamsAndIdleConnectionsAtOnce) {
    std::atomic<int> ended = 0;
    RunningServer server({}, [&](Server& s) { endless_route(s, ended); });
    RawClient idle(server.port());
    RawClient client(server.port());
    client.send(get("/stream", ""));
    client.read_until("line 0\n");
    server.stop();
    EXPECT_EQ(ended, 1);
    EXPECT_THAT(client.read_all(), Not(HasSubstr("HTTP/1.1")));
    EXPECT_THAT(idle.read_all(), IsEmpty());
}

TEST(HttpServer, StoppingLetsARequestUnderWayEnd) {
    RunningServer server({}, echo_routes);
    RawClient client(server.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    client.read_until("\r\n\r\n");
    std::thread stopping([&] { server.stop(); });
    client.send("last");
    EXPECT_THAT(client.read_all(), EndsWith("last"));
    stopping.join();
}

TEST(HttpServer, AnotherListenerOnThePortIsASentence) {
    asio::io_context io;
    RunningServer first({}, echo_routes);
    Server second(io, {.address = "127.0.0.1:" + std::to_string(first.port())});
    auto const started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error(), "listen tcp 127.0.0.1:" + std::to_string(first.port()) +
                                   ": bind: address already in use");
}

}  // namespace
}  // namespace tidegate::http
