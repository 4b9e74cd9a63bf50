// Answers without an end, from scripted servers that send them in pieces and misbehave.
#include <gmock/gmock.h>

#include <thread>

#include "http/client.hpp"
#include "http/server_fixture_test.hpp"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// Sends one piece after the other to one connection, each as soon as `next` says so, and then holds
// the connection until the client closes it, or closes it.
class PieceServer {
public:
    explicit PieceServer(std::vector<std::string> pieces, bool holds = false)
        : thread_([this, pieces = std::move(pieces), holds] {
              tcp::socket socket(io_);
              acceptor_.accept(socket);
              boost::system::error_code ignored;
              asio::read_until(socket, asio::dynamic_buffer(request_), "\r\n\r\n", ignored);
              for (auto const& piece : pieces) asio::write(socket, asio::buffer(piece), ignored);
              char byte = 0;
              if (holds) socket.read_some(asio::buffer(&byte, 1), ignored);
              closed_by_client_ = ignored == asio::error::eof;
          }) {}
    ~PieceServer() { end(); }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/x?a=1";
    }
    // The client has ended the connection.
    bool closed_by_client() {
        end();
        return closed_by_client_;
    }
    std::string const& request() {
        end();
        return request_;
    }

private:
    void end() {
        if (thread_.joinable()) thread_.join();
    }
    asio::io_context io_;
    tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::string request_;
    bool closed_by_client_ = false;
    std::thread thread_;
};

using Result = std::expected<ClientResponse, std::string>;

struct Reading {
    Result read(ClientRequest request, std::chrono::milliseconds idle = 20s,
                std::size_t enough = 1'000'000) {
        pieces.clear();
        auto done = asio::co_spawn(io,
                                   client.stream(std::move(request), idle,
                                                 [this, enough](std::string_view piece) {
                                                     pieces += piece;
                                                     return pieces.size() < enough;
                                                 }),
                                   asio::use_future);
        io.restart();
        io.run();
        return done.get();
    }
    asio::io_context io;
    Client client;
    std::string pieces;
};

TEST(HttpStream, PassesTheBodyOnAndNothingElse) {
    PieceServer server({std::string(kChunked), "5\r\nhello\r\n", "6\r\n wor", "ld\r\n0\r\n\r\n"});
    Reading reading;
    auto const answer = reading.read({.url = server.url(), .headers = {{"X-Id", "7"}}});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(reading.pieces, "hello world");
    EXPECT_THAT(server.request(), HasSubstr("GET /x?a=1 HTTP/1.1\r\n"));
    EXPECT_THAT(server.request(), HasSubstr("X-Id: 7\r\n"));
}

TEST(HttpStream, APieceIsPassedOnBeforeTheNextOneComes) {
    PieceServer server({std::string(kChunked), "5\r\nhello\r\n"}, true);
    Reading reading;
    auto const answer = reading.read({.url = server.url()}, 20s, 5);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(reading.pieces, "hello");
    EXPECT_TRUE(server.closed_by_client());
}

TEST(HttpStream, ABodyWithoutALengthEndsWithTheConnection) {
    std::string const body(300'000, 'x');
    PieceServer server({"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", body});
    Reading reading;
    auto const answer = reading.read({.url = server.url()});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(reading.pieces, body);
}

TEST(HttpStream, ABodyThatBreaksOffIsAnError) {
    for (std::string const cut : {"5\r\nhel", "5\r\nhello\r\n", "zz\r\n"}) {
        PieceServer server({std::string(kChunked), cut});
        Reading reading;
        auto const answer = reading.read({.url = server.url()});
        ASSERT_FALSE(answer) << cut;
        EXPECT_THAT(answer.error(), HasSubstr("receive from 127.0.0.1:"));
    }
}

TEST(HttpStream, ASilentServerIsGivenUp) {
    PieceServer server({std::string(kChunked), "5\r\nhello\r\n"}, true);
    Reading reading;
    auto const answer = reading.read({.url = server.url()}, 100ms);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error(), EndsWith("silent for 100 ms"));
    EXPECT_EQ(reading.pieces, "hello");
    EXPECT_TRUE(server.closed_by_client());
}

TEST(HttpStream, TheHeaderHasTheDeadlineOfTheRequest) {
    PieceServer server({"HTTP/1.1 200 OK\r\n"}, true);
    Reading reading;
    auto const answer = reading.read({.url = server.url(), .deadline = 100ms});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error(), EndsWith("deadline of 100 ms exceeded"));
}

TEST(HttpStream, ARefusalComesWholeAndWithinItsLimit) {
    std::string const refusal = "HTTP/1.1 410 Gone\r\nContent-Length: 8\r\n\r\ntoo old!";
    PieceServer server({refusal});
    Reading reading;
    auto const answer = reading.read({.url = server.url()});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 410U);
    EXPECT_EQ(answer->body, "too old!");
    EXPECT_EQ(reading.pieces, "");
    PieceServer larger({refusal});
    EXPECT_THAT(reading.read({.url = larger.url(), .max_body_bytes = 7}).error(),
                EndsWith("is larger than 7 bytes"));
}

}  // namespace
}  // namespace tidegate::http
