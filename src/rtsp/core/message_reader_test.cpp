#include "rtsp/core/message_reader.hpp"

#include <gtest/gtest.h>

#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {
namespace {

struct Recorder final : MessageSink {
    Flow on_request(Request&& request) override {
        items.push_back(request.method + " " + request.url + " " +
                        std::string(request.headers.get("cseq")) + " [" + request.body + "]");
        return flow;
    }
    Flow on_response(Response&& response) override {
        items.push_back(std::to_string(response.status) + " " + response.reason + " [" +
                        response.body + "]");
        return flow;
    }
    Flow on_frame(std::uint8_t channel, base::ByteView payload) override {
        items.push_back("$" + std::to_string(channel) + " " + std::string(base::as_text(payload)));
        return flow;
    }
    std::vector<std::string> items;
    Flow flow = Flow::go_on;
};

std::string stream() {
    std::string const frame(
        "$\x01\x00\x03"
        "a$b",
        7);
    std::string const empty("$\xFF\x00\x00", 4);
    return "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" + frame + empty +
           "\r\n\r\nANNOUNCE rtsp://h/a RTSP/1.0\nCSeq:2\nContent-Length: 4\n\nbo$y" + frame +
           "RTSP/1.0 200 OK\r\nCSeq: 3\r\ncontent-length: 2\r\n\r\nxyRTSP/1.0 461\r\n\r\n";
}

std::vector<std::string> const kItems{
    "OPTIONS * 1 []", "$1 a$b",      "$255 ",  "ANNOUNCE rtsp://h/a 2 [bo$y]",
    "$1 a$b",         "200 OK [xy]", "461  []"};

TEST(MessageReader, ReadsTheSameWholeAndAtEverySplit) {
    auto const text = stream();
    auto const bytes = base::as_bytes(text);
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        MessageReader reader;
        Recorder recorder;
        ASSERT_EQ(reader.feed(bytes.first(split), recorder), split);
        ASSERT_EQ(reader.feed(bytes.subspan(split), recorder), bytes.size() - split);
        EXPECT_EQ(recorder.items, kItems) << split;
        EXPECT_TRUE(reader.idle());
    }
}

TEST(MessageReader, ReadsByteByByte) {
    auto const text = stream();
    MessageReader reader;
    Recorder recorder;
    for (auto const byte : base::as_bytes(text)) {
        ASSERT_TRUE(reader.feed({&byte, 1}, recorder));
    }
    EXPECT_EQ(recorder.items, kItems);
}

TEST(MessageReader, LeavesTheRestWhereTheSinkStops) {
    auto const text = stream();
    auto rest = base::as_bytes(text);
    MessageReader reader;
    Recorder recorder;
    recorder.flow = Flow::stop;
    while (!rest.empty()) {
        auto const before = recorder.items.size();
        auto const used = reader.feed(rest, recorder);
        ASSERT_TRUE(used);
        EXPECT_LE(recorder.items.size(), before + 1);
        rest = rest.subspan(*used);
    }
    EXPECT_EQ(recorder.items, kItems);
}

TEST(MessageReader, PassesAWholeFrameAsAViewOfTheInput) {
    struct Checker final : MessageSink {
        Flow on_request(Request&&) override { return Flow::go_on; }
        Flow on_response(Response&&) override { return Flow::go_on; }
        Flow on_frame(std::uint8_t, base::ByteView payload) override {
            at = payload.data();
            return Flow::go_on;
        }
        std::uint8_t const* at = nullptr;
    } checker;
    base::Bytes const bytes{'$', 0, 0, 2, 'h', 'i'};
    MessageReader reader;
    ASSERT_TRUE(reader.feed(bytes, checker));
    EXPECT_EQ(checker.at, bytes.data() + 4);
}

struct Hostile {
    char const* name;
    std::string text;
    ParseError error;
    char const* cseq = "";
};

TEST(MessageReader, RefusesHostileInput) {
    std::string const start = "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n";
    std::string many = start;
    for (int i = 0; i < 300; ++i) many += "A: b\r\n";
    Hostile const cases[] = {
        {"junk", "\x01\x02\x03\r\n\r\n", ParseError::not_rtsp},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01", 6), ParseError::not_rtsp},
        {"HTTP", "GET / HTTP/1.1\r\n\r\n", ParseError::bad_version},
        {"RTSP 2", "OPTIONS * RTSP/2.0\r\n\r\n", ParseError::bad_version},
        {"no version", "OPTIONS *\r\n\r\n", ParseError::not_rtsp},
        {"no URL", "OPTIONS  RTSP/1.0\r\n\r\n", ParseError::not_rtsp},
        {"long method", std::string(65, 'A') + " * RTSP/1.0\r\n\r\n", ParseError::not_rtsp},
        {"endless method", std::string(65, 'A'), ParseError::not_rtsp},
        {"long URL", "PLAY rtsp://h/" + std::string(4096, 'a') + " RTSP/1.0\r\n\r\n",
         ParseError::url_too_long},
        {"NUL in URL", std::string("PLAY rtsp://h/\0 RTSP/1.0\r\n\r\n", 28), ParseError::not_rtsp},
        {"folded", start + "A: b\r\n c\r\n\r\n", ParseError::bad_header, "7"},
        {"a name with a space", start + "A b: c\r\n\r\n", ParseError::bad_header, "7"},
        {"no colon", start + "abc\r\n\r\n", ParseError::bad_header, "7"},
        {"NUL in CSeq", std::string("PLAY * RTSP/1.0\r\nCSeq: 1\0\r\n\r\n", 29),
         ParseError::bad_header},
        {"long name", start + std::string(513, 'a') + ": b\r\n\r\n", ParseError::header_too_long,
         "7"},
        {"long value", start + "a: " + std::string(2049, 'b') + "\r\n\r\n",
         ParseError::header_too_long, "7"},
        {"head without end", start + "a: " + std::string(kMaxHead, 'b'),
         ParseError::header_too_long},
        {"many headers", many + "\r\n", ParseError::too_many_headers, "7"},
        {"CSeq twice", start + "cseq: 8\r\n\r\n", ParseError::duplicate_header, ""},
        {"Session twice", start + "Session: a\r\nSession: b\r\n\r\n", ParseError::duplicate_header,
         "7"},
        {"length -1", start + "Content-Length: -1\r\n\r\n", ParseError::bad_content_length, "7"},
        {"length text", start + "Content-Length: 1x\r\n\r\n", ParseError::bad_content_length, "7"},
        {"length empty", start + "Content-Length:\r\n\r\n", ParseError::bad_content_length, "7"},
        {"length 2^64", start + "Content-Length: 18446744073709551616\r\n\r\n",
         ParseError::body_too_long, "7"},
        {"body", start + "Content-Length: 131073\r\n\r\n", ParseError::body_too_long, "7"},
        {"blank flood", std::string(kMaxBlankBytes + 1, '\n'), ParseError::not_rtsp},
    };
    for (auto const& c : cases) {
        for (std::size_t const step : {std::size_t{1}, std::size_t{7}, c.text.size()}) {
            MessageReader reader;
            Recorder recorder;
            auto rest = base::as_bytes(c.text);
            std::expected<std::size_t, ParseError> fed = 0;
            while (fed && !rest.empty()) {
                auto const piece = rest.first(std::min(step, rest.size()));
                fed = reader.feed(piece, recorder);
                rest = rest.subspan(piece.size());
            }
            ASSERT_FALSE(fed) << c.name;
            EXPECT_EQ(describe(fed.error()), describe(c.error)) << c.name;
            EXPECT_EQ(reader.failed_cseq(), c.cseq) << c.name;
            EXPECT_TRUE(recorder.items.empty()) << c.name;
        }
    }
}

TEST(Message, IsWrittenWithSortedHeadersAndCannotBeSplit) {
    Response response;
    response.headers.add("Server", "s");
    response.headers.add("CSeq", "1\r\nX: y");
    response.body = "b";
    base::Bytes out;
    write(response, out);
    EXPECT_EQ(base::as_text(out),
              "RTSP/1.0 200 OK\r\nCSeq: 1X: y\r\nContent-Length: 1\r\nServer: s\r\n\r\nb");
}

}  // namespace
}  // namespace tidegate::rtsp
