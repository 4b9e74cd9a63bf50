// Parses the bytes of an RTSP connection: requests, responses and interleaved frames, which begin
// with a dollar sign (RFC 2326 §10.12). A frame that lies whole in the bytes given to feed() is
// passed on as a view of them; only what is split over two calls is copied. One per connection and
// direction, used by one thread at a time.
//
// The parser accepts what clients get wrong without harm: LF without CR, blank lines between
// messages. It refuses what could be understood in two ways: NUL, folded lines, and a second CSeq,
// Session or Content-Length.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/bytes.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

enum class ParseError : std::uint8_t {
    not_rtsp,     // no start line of RTSP 1.0
    bad_version,  // RTSP/2.0, HTTP/1.1
    url_too_long,
    bad_header,       // no colon, empty name, NUL, folded line
    header_too_long,  // name, value or the head as a whole
    too_many_headers,
    duplicate_header,  // CSeq, Session or Content-Length twice
    bad_content_length,
    body_too_long,
    early_frame,  // longer than allow() permits: the peer is not authorized yet
};

// A sentence for the log.
std::string_view describe(ParseError error);

// What a sink returns: `stop` ends feed() after this message and leaves the rest of the bytes
// unread.
enum class Flow : std::uint8_t { go_on, stop };

// Receives messages and frames in their order, from inside feed().
class MessageSink {
public:
    virtual ~MessageSink() = default;
    virtual Flow on_request(Request&& request) = 0;
    virtual Flow on_response(Response&& response) = 0;
    // payload: valid until the call returns.
    virtual Flow on_frame(std::uint8_t channel, base::ByteView payload) = 0;
};

class MessageReader {
public:
    // Returns how many of the bytes were consumed: all of them unless the sink returned `stop`.
    // After an error the connection has to be closed; a reply to it repeats failed_cseq().
    std::expected<std::size_t, ParseError> feed(base::ByteView bytes, MessageSink& sink);

    // Sets the largest message or frame, head and body together. Without a call the limits of
    // limits.hpp hold alone.
    void allow(std::size_t bytes) { most_ = bytes; }

    std::string const& failed_cseq() const { return failed_cseq_; }
    // Whether nothing is half read.
    bool idle() const { return held_.empty(); }
    // Whether a request or response, and not a frame, is half read.
    bool mid_message() const { return !held_.empty() && held_[0] != '$'; }

private:
    struct Step {
        std::size_t consumed = 0;  // 0: more bytes are needed
        Flow flow = Flow::go_on;
    };
    std::expected<Step, ParseError> step(base::ByteView bytes, MessageSink& sink);
    std::expected<Step, ParseError> read_message(base::ByteView bytes, MessageSink& sink);
    std::expected<std::size_t, ParseError> feed_held(base::ByteView bytes, MessageSink& sink,
                                                     Flow& flow);
    std::size_t wanted() const;

    std::size_t most_ = kMaxHead + kMaxBody;
    base::Bytes held_;          // the start of a message or frame whose rest has not come
    std::size_t scanned_ = 0;   // how much of it is known not to contain the end of the head
    std::size_t body_end_ = 0;  // its size, once the head is known; 0: the head is not whole
    std::size_t blank_bytes_ = 0;
    std::string failed_cseq_;
};

}  // namespace tidegate::rtsp
