// Handlers that wait, bodies of shared slices, and connections that are taken over, through real
// sockets.
#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>

#include "http/server_fixture_test.hpp"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

base::SharedBytes filled(std::size_t size, char c) {
    std::string const text(size, c);
    return base::SharedBytes::copy_of(
        {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()});
}

std::string get_of(std::string_view target, std::string_view headers = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(headers) +
           "\r\n";
}

// Lets requests for /wait wait until open() is called.
class Door {
public:
    asio::awaitable<Response> answer(Request const& request) {
        if (request.path == "/bug") throw std::logic_error("a bug");
        if (request.path == "/wait") {
            // It lives in the coroutine, which the server destroys, because the door outlives the
            // loop.
            asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
            timer_ = &timer;
            arrived_.set_value();
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return text_response(request.path);
    }
    void wait_arrived() { arrived_.get_future().wait(); }
    void open(asio::io_context& io) {
        asio::post(io, [this] { timer_->cancel(); });
    }

private:
    asio::steady_timer* timer_ = nullptr;
    std::promise<void> arrived_;
};

ServerSettings waiting_settings(Door& door) {
    ServerSettings settings;
    settings.handle = [&door](Request const& request) -> NowOrLater {
        if (request.path == "/now") return text_response("/now");
        return door.answer(request);
    };
    return settings;
}

TEST(WaitingHandler, HoldsOnlyTheRequestsBehindIt) {
    Door door;
    RunningServer server(waiting_settings(door), [](Server&) {});
    RawClient held(server.port());
    held.send(get_of("/before") + get_of("/now") + get_of("/wait") + get_of("/now") +
              get_of("/after", "Connection: close\r\n"));
    EXPECT_THAT(held.read_until("/before"), StartsWith("HTTP/1.1 200 OK\r\n"));
    door.wait_arrived();
    EXPECT_THAT(RawClient(server.port()).exchange(get_of("/other", "Connection: close\r\n")),
                EndsWith("/other"));
    door.open(server.io());
    EXPECT_THAT(held.read_until("/wait"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(held.read_all(), EndsWith("/after"));
}

TEST(WaitingHandler, EndsWithTheServer) {
    Door door;
    RunningServer server(waiting_settings(door), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/wait"));
    door.wait_arrived();
    server.stop(1ms);
    EXPECT_EQ(client.read_all(), "");
}

TEST(WaitingHandler, ThatThrowsIsAnswered500) {
    Door door;
    RunningServer server(waiting_settings(door), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/bug") + get_of("/next", "Connection: close\r\n"));
    auto const answers = client.read_all();
    EXPECT_THAT(answers, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(answers, EndsWith("/next"));
}

// Answers that wait, by the paths of their requests: /wait is answered when it is told to, /ready
// at once.
class Counter {
public:
    class Ticket final : public PendingAnswer {
    public:
        Ticket(Counter& counter, std::string path) : counter_(counter), path_(std::move(path)) {}
        ~Ticket() override { counter_.gone_.fetch_add(1); }
        std::optional<Response> start(Asker& asker) override {
            if (path_ == "/ready") return text_response(path_);
            counter_.asker_ = &asker;
            counter_.waiting_.fetch_add(1);
            return std::nullopt;
        }

    private:
        Counter& counter_;
        std::string path_;
    };

    ServerSettings settings() {
        ServerSettings settings;
        settings.handle = [this](Request const& request) -> NowOrLater {
            if (request.path == "/now") return text_response("/now");
            return std::make_unique<Ticket>(*this, request.path);
        };
        return settings;
    }
    void answer(RunningServer& server, Response response) {
        asio::post(server.io(), [this, response = std::move(response)] {
            std::exchange(asker_, nullptr)->answer(response);
        });
    }
    void wait_for_waiting(int count) { reach(waiting_, count); }
    void wait_for_gone(int count) { reach(gone_, count); }

private:
    static void reach(std::atomic<int> const& value, int wanted) {
        auto const end = std::chrono::steady_clock::now() + 20s;
        while (value != wanted && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        EXPECT_EQ(value, wanted);
    }

    Asker* asker_ = nullptr;  // the loop's thread
    std::atomic<int> waiting_ = 0, gone_ = 0;
};

TEST(PendingAnswer, KeepsItsPlaceAmongTheOthers) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/now") + get_of("/wait") + get_of("/ready") + get_of("/now"));
    EXPECT_THAT(client.read_until("/now"), StartsWith("HTTP/1.1 200 OK\r\n"));
    counter.wait_for_waiting(1);
    counter.answer(server, text_response("/wait"));
    EXPECT_THAT(client.read_until("/wait"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(client.read_until("/ready"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(client.read_until("/now"), StartsWith("HTTP/1.1 200 OK\r\n"));
    for (int i = 2; i < 5; ++i) {
        client.send(get_of("/wait"));
        counter.wait_for_waiting(i);
        counter.answer(server, text_response("/again"));
        EXPECT_THAT(client.read_until("/again"), StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    counter.wait_for_gone(5);
}

TEST(PendingAnswer, LetsTheClientAskMoreMeanwhile) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/wait"));
    counter.wait_for_waiting(1);
    client.send(get_of("/now"));
    client.send("HEAD /wait HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    counter.answer(server, text_response("/first"));
    EXPECT_THAT(client.read_until("/first"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(client.read_until("/now"), StartsWith("HTTP/1.1 200 OK\r\n"));
    counter.wait_for_waiting(2);
    counter.answer(server, text_response("/second"));
    auto const last = client.read_all();
    EXPECT_THAT(last, HasSubstr("Content-Length: 7\r\n"));
    EXPECT_THAT(last, EndsWith("\r\n\r\n"));
}

TEST(PendingAnswer, EndsAtOnceWhenTheClientLeaves) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    {
        RawClient client(server.port());
        client.send(get_of("/wait"));
        counter.wait_for_waiting(1);
    }
    counter.wait_for_gone(1);
}

TEST(PendingAnswer, MayBeLargerThanTheSocketTakes) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/wait"));
    counter.wait_for_waiting(1);
    auto response = text_response("body");
    std::string expected = "body";
    for (int i = 0; i < 300; ++i) {
        response.slices.push_back(filled(20'000, "ab"[i % 2]));
        expected += std::string(20'000, "ab"[i % 2]);
    }
    counter.answer(server, response);
    EXPECT_TRUE(client.read_until(expected).ends_with("\r\n\r\n" + expected));
    client.send(get_of("/now"));
    EXPECT_THAT(client.read_until("/now"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(PendingAnswer, IsWaitedForWhenTheServerStops) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    RawClient client(server.port());
    RawClient late(server.port());
    client.send(get_of("/wait"));
    counter.wait_for_waiting(1);
    std::thread stopping([&] { server.stop(); });
    EXPECT_EQ(late.read_all(), "");  // idle: it has been closed
    counter.answer(server, text_response("/last"));
    auto const last = client.read_all();
    EXPECT_THAT(last, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(last, EndsWith("/last"));
    stopping.join();
}

TEST(PendingAnswer, IsGivenUpWhenTheServerHasWaitedForLongEnough) {
    Counter counter;
    RunningServer server(counter.settings(), [](Server&) {});
    RawClient client(server.port());
    client.send(get_of("/wait"));
    counter.wait_for_waiting(1);
    server.stop(1ms);
    EXPECT_EQ(client.read_all(), "");
    counter.wait_for_gone(1);
}

// More slices than one system call takes, and more bytes than a socket.
TEST(SharedSlices, GoOutInOrderBehindTheBody) {
    RunningServer server({}, [](Server& s) {
        s.route("GET", "/slices", [](Request const&) {
            auto response = text_response("body");
            for (int i = 0; i < 300; ++i) response.slices.push_back(filled(20'000, "ab"[i % 2]));
            return response;
        });
    });
    std::string expected = "body";
    for (int i = 0; i < 300; ++i) expected += std::string(20'000, "ab"[i % 2]);
    RawClient client(server.port());
    client.send(get_of("/slices") + "HEAD /slices HTTP/1.1\r\nHost: t\r\n\r\n" +
                get_of("/slices", "Connection: close\r\n"));
    auto const first = client.read_until(expected);
    EXPECT_THAT(first, HasSubstr("Content-Length: 6000004\r\n"));
    EXPECT_TRUE(first.ends_with("\r\n\r\n" + expected));
    auto const head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Content-Length: 6000004\r\n"));
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n" + expected));
}

// It takes some bytes now and then, so each wait for it is short; together they are not.
TEST(SlowClient, IsCutOffWhenTheWholeTakesTooLong) {
    ServerSettings settings;
    settings.limits.write_deadline = 1s;
    settings.limits.slowest_rate = 100'000'000;
    RunningServer server(settings, [](Server& s) {
        s.route("GET", "/large", [](Request const&) {
            auto response = text_response("");
            response.slices = {filled(50'000'000, 'x')};
            return response;
        });
    });
    RawClient client(server.port());
    client.send(get_of("/large"));
    // 100 KB a second for three times as long as the server allows; then as fast as it can.
    std::size_t received = 0;
    for (int i = 0; i < 75; ++i) {
        received += client.read_some().size();
        std::this_thread::sleep_for(40ms);
    }
    received += client.read_all().size();
    EXPECT_GT(received, 0U);
    EXPECT_LT(received, 50'000'000U);
}

TEST(TakeOver, GetsTheConnectionBehindTheHeader) {
    RunningServer server({}, [](Server& s) {
        s.route("GET", "/mine", [](Request const&) {
            auto response = text_response("ignored");
            response.take_over = [](net::Link link) -> asio::awaitable<void> {
                auto socket = std::move(link.socket);
                co_await asio::async_write(socket, asio::buffer("mine now", 8),
                                           asio::as_tuple(asio::use_awaitable));
            };
            return response;
        });
    });
    auto const answer = RawClient(server.port()).exchange(get_of("/mine"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nmine now"));
}

TEST(TakeOver, MayAnswerTheRequestItself) {
    RunningServer server({}, [](Server& s) {
        s.route("GET", "/mine", [](Request const&) {
            Response response;
            response.unanswered = true;
            response.take_over = [](net::Link link) -> asio::awaitable<void> {
                auto socket = std::move(link.socket);
                co_await asio::async_write(socket, asio::buffer("HTTP/1.1 101 Mine\r\n\r\n", 21),
                                           asio::as_tuple(asio::use_awaitable));
            };
            return response;
        });
    });
    EXPECT_EQ(RawClient(server.port()).exchange(get_of("/mine")), "HTTP/1.1 101 Mine\r\n\r\n");
}

}  // namespace
}  // namespace tidegate::http
