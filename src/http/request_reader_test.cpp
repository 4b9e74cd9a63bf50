#include "http/request_reader.hpp"

#include <gtest/gtest.h>

namespace tidegate::http {
namespace {

using State = RequestReader::State;

struct Read {
    State state;
    std::string summary;  // "GET /x body" of each request; a refusal's number and sentence last
};

std::string describe(Request const& request) {
    return request.method + " " + request.path + " " + request.body + "\n";
}

// Gives the bytes as a socket would: pieces of the given size, what was not used up again with
// more.
Read read(std::string_view bytes, std::size_t piece, Limits const& limits = {}) {
    Request request;
    RequestReader reader(limits, request);
    std::string buffer;
    std::string summary;
    while (true) {
        buffer.erase(0, reader.feed(buffer));
        if (reader.state() == State::complete) {
            summary += describe(request);
            reader.next();
            continue;
        }
        if (reader.state() == State::refused || bytes.empty()) break;
        buffer += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    if (reader.state() == State::refused) {
        summary += std::to_string(static_cast<int>(reader.refusal())) + " " + reader.detail();
    }
    return {reader.state(), summary};
}

void expect_same_at_every_piece_size(std::string_view bytes, Read const& expected) {
    for (std::size_t piece = 1; piece < std::min<std::size_t>(bytes.size(), 200); ++piece) {
        auto const got = read(bytes, piece);
        ASSERT_EQ(got.state, expected.state) << piece << " of " << bytes;
        ASSERT_EQ(got.summary, expected.summary) << piece << " of " << bytes;
    }
}

TEST(RequestReader, ReadsWholeInPiecesAndByteByByteAlike) {
    struct Case {
        std::string_view bytes;
        char const* summary;
    };
    for (auto const& [bytes, summary] : {
             Case{"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x \n"},
             Case{"GET /x HTTP/1.0\r\n\r\n", "GET /x \n"},
             Case{"\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x \n"},
             Case{"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                  "POST /x hello\n"},
             Case{"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /x \n"},
             Case{"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", "GET /x ab\n"},
             Case{"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\n\r\n",
                  "POST /x abcde\n"},
             Case{"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
                  "POST /x \n"},
             Case{"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\na\r\n0\r\nX-Trailer: b\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n",
                  "POST /x a\nGET /y \n"},
             Case{"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
                  "a\r\nContent-Length: 1\r\n\r\n"
                  "bGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
                  "GET /1 \nPOST /2 b\nGET /3 \n"},
             Case{"GET http://a/x?b=c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x \n"},
             Case{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * \n"},
         }) {
        auto const whole = read(bytes, bytes.size());
        EXPECT_EQ(whole.state, State::idle) << bytes;
        EXPECT_EQ(whole.summary, summary) << bytes;
        expect_same_at_every_piece_size(bytes, whole);
    }
}

TEST(RequestReader, KeepsHeadersInLowerCaseAndTrailersOut) {
    Request request;
    RequestReader reader(Limits{}, request);
    reader.feed(
        "POST /x HTTP/1.1\r\nHost: a\r\nX-Name:  Value \r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\nX-Trailer: b\r\n\r\n");
    ASSERT_EQ(reader.state(), State::complete);
    EXPECT_EQ(request.header("x-name"), "Value");
    EXPECT_EQ(request.header("x-trailer"), std::nullopt);
    EXPECT_TRUE(reader.has_length());
    EXPECT_TRUE(reader.keep_alive());
}

TEST(RequestReader, RefusesAmbiguousAndMalformedRequests) {
    std::string const head = "POST /x HTTP/1.1\r\nHost: a\r\n";
    struct Case {
        char const* name;
        std::string bytes;
    };
    for (auto const& [name, bytes] : std::vector<Case>{
             {"both lengths", head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
             {"both lengths the other way",
              head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
             {"two different lengths", head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"},
             {"two equal lengths", head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"},
             {"negative length", head + "Content-Length: -1\r\n\r\n"},
             {"length with a plus", head + "Content-Length: +3\r\n\r\n"},
             {"length of 2^64", head + "Content-Length: 18446744073709551616\r\n\r\n"},
             {"length in hex", head + "Content-Length: 0x3\r\n\r\n"},
             {"empty length", head + "Content-Length: \r\n\r\n"},
             {"chunked, identity", head + "Transfer-Encoding: chunked, identity\r\n\r\n"},
             {"identity", head + "Transfer-Encoding: identity\r\n\r\n"},
             {"gzip, chunked", head + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
             {"chunked twice",
              head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
             {"space before the colon", head + "Transfer-Encoding : chunked\r\n\r\n"},
             {"HTTP/1.0 chunked",
              "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
             {"folded line", head + "X: a\r\n b\r\n\r\n"},
             {"folded first line", "GET /x HTTP/1.1\r\n Host: a\r\n\r\n"},
             {"bare line feed after the request line", "GET /x HTTP/1.1\nHost: a\r\n\r\n"},
             {"bare line feed after a header", "GET /x HTTP/1.1\r\nHost: a\n\r\n"},
             {"bare carriage return", head + "X: a\rb\r\n\r\n"},
             {"NUL in a value", head + std::string("X: a\0b\r\n\r\n", 10)},
             {"NUL in a name", head + std::string("X\0: b\r\n\r\n", 9)},
             {"no colon", head + "nonsense\r\n\r\n"},
             {"empty name", head + ": x\r\n\r\n"},
             {"no Host", "GET /x HTTP/1.1\r\n\r\n"},
             {"two Hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
             {"HTTP/0.9", "GET /x\r\n"},
             {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
             {"HTTP/1.2", "GET /x HTTP/1.2\r\nHost: a\r\n\r\n"},
             {"lower-case version", "GET /x http/1.1\r\nHost: a\r\n\r\n"},
             {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"},
             {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
             {"method with a brace", "G{T /x HTTP/1.1\r\nHost: a\r\n\r\n"},
             {"broken encoding", "GET /x?a=% HTTP/1.1\r\nHost: a\r\n\r\n"},
             {"TLS", std::string("\x16\x03\x01\x02\x00\x01\n", 7)},
             {"empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n"},
             {"RTMP", std::string("\x03") + std::string(1536, '\n')},
             {"chunk size -2", head + "Transfer-Encoding: chunked\r\n\r\n-2\r\nabcdef\r\n"},
             {"chunk size beyond 2^64",
              head + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n"},
             {"chunk without its end",
              head + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"},
             {"chunk size with 0x", head + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n\r\n"},
             {"chunk size ended by a line feed",
              head + "Transfer-Encoding: chunked\r\n\r\n1\nabcdef\r\n\r\n"},
             {"folded trailer", head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\x01\r\n\r\n"},
         }) {
        auto const whole = read(bytes, bytes.size());
        EXPECT_EQ(whole.state, State::refused) << name;
        EXPECT_TRUE(whole.summary.starts_with("0 ")) << name << ": " << whole.summary;
        EXPECT_GT(whole.summary.size(), 2U) << name << ": a sentence says why";
        for (std::size_t const piece : {1U, 2U, 7U}) {
            EXPECT_EQ(read(bytes, piece).state, State::refused)
                << name << " in pieces of " << piece;
        }
    }
}

Refusal refusal_of(std::string_view bytes, Limits const& limits) {
    Request request;
    RequestReader reader(limits, request);
    std::string buffer(bytes);
    while (reader.state() != State::refused) {
        auto const used = reader.feed(buffer);
        buffer.erase(0, used);
        if (used == 0) break;
    }
    EXPECT_EQ(reader.state(), State::refused) << bytes.substr(0, 80);
    return reader.refusal();
}

TEST(RequestReader, KeepsItsLimits) {
    Limits const limits{.header_bytes = 200, .body_bytes = 10};
    std::string const head = "POST /x HTTP/1.1\r\nHost: a\r\n";
    std::string const chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(refusal_of(head + "X: " + std::string(200, 'x') + "\r\n\r\n", limits),
              Refusal::headers_too_large);
    EXPECT_EQ(refusal_of(head + std::string(201, 'x'), limits), Refusal::headers_too_large)
        << "without waiting for its end";
    EXPECT_EQ(refusal_of(head + std::string(201, 'x') + "\n", limits), Refusal::headers_too_large)
        << "not for its missing carriage return, which stands beyond the limit";
    EXPECT_EQ(refusal_of("GET /" + std::string(500, 'x'), limits), Refusal::headers_too_large);
    EXPECT_EQ(refusal_of(head + "Content-Length: 11\r\n\r\n", limits), Refusal::body_too_large)
        << "as soon as it is announced";
    EXPECT_EQ(
        refusal_of(chunked + "b\r\nabcdefghijk\r\n", Limits{.header_bytes = 200, .body_bytes = 10}),
        Refusal::body_too_large);
    EXPECT_EQ(refusal_of(chunked + "6\r\nabcdef\r\n6\r\nabcdef\r\n", limits),
              Refusal::body_too_large);
    EXPECT_EQ(refusal_of(chunked + "FFFFFFFFFFFFFFFF\r\nabc", limits), Refusal::body_too_large);
    EXPECT_EQ(refusal_of(chunked + "1;" + std::string(300, 'e'), limits), Refusal::bad_request)
        << "an endless chunk extension";
    EXPECT_EQ(refusal_of(chunked + "0\r\n" + std::string(300, 't'), limits), Refusal::bad_request)
        << "an endless trailer";
}

TEST(RequestReader, AChunkCountsOnceHoweverOftenItsHeaderIsLookedAt) {
    Request request;
    RequestReader reader(Limits{.header_bytes = 200, .body_bytes = 10}, request);
    std::string buffer = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    // The quoted string has no end, so each further byte makes the reader look at the line again.
    for (auto const byte : std::string("5;a=\"b\r\n") + std::string(100, 'c')) {
        buffer += byte;
        buffer.erase(0, reader.feed(buffer));
        ASSERT_EQ(reader.state(), RequestReader::State::body);
    }
    buffer += std::string(200, 'c');
    reader.feed(buffer);
    ASSERT_EQ(reader.state(), RequestReader::State::refused);
    EXPECT_EQ(reader.refusal(), Refusal::bad_request);
}

TEST(RequestReader, ABodyOfExactlyTheLimitIsTaken) {
    auto const got = read("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
                          1000, Limits{.header_bytes = 200, .body_bytes = 10});
    EXPECT_EQ(got.summary, "POST /x 0123456789\n");
}

TEST(RequestReader, ExpectIsHonouredOnceAndOnlyWhileTheBodyIsAwaited) {
    Request request;
    RequestReader reader(Limits{}, request);
    reader.feed("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
    EXPECT_TRUE(reader.take_expects_continue());
    EXPECT_FALSE(reader.take_expects_continue());
    EXPECT_EQ(reader.feed("b"), 1U);
    EXPECT_EQ(reader.state(), State::complete);
}

}  // namespace
}  // namespace tidegate::http
