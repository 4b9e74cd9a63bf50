// Push parser of an RTSP connection's bytes: requests, responses and interleaved `$` frames in one
// stream (RFC 2326 §10.12). One per connection and direction. A frame that lies whole in the fed
// bytes is passed on as a view of them; only what is split is copied.
//
// Strict where leniency would be ambiguous (NUL, duplicate CSeq, Session or Content-Length, folded
// lines), lenient where clients are sloppy (bare LF, blank lines between messages). Bytes that
// start no message are an error.
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
    early_frame,  // longer than a stranger's may be
};

std::string_view describe(ParseError error);

// Receives what was read, in order, during feed(). Returning `stop` leaves the rest unread.
enum class Flow : std::uint8_t { go_on, stop };

class MessageSink {
public:
    virtual ~MessageSink() = default;
    virtual Flow on_request(Request&& request) = 0;
    virtual Flow on_response(Response&& response) = 0;
    virtual Flow on_frame(std::uint8_t channel, base::ByteView payload) = 0;
};

class MessageReader {
public:
    // How many bytes were consumed: all, unless the sink stopped. After an error the connection is
    // over; failed_cseq() is what an error reply echoes.
    std::expected<std::size_t, ParseError> feed(base::ByteView bytes, MessageSink& sink);

    // The largest message or frame from now on, in all; without a call, what the other limits
    // allow.
    void allow(std::size_t bytes) { most_ = bytes; }

    std::string const& failed_cseq() const { return failed_cseq_; }
    // True between messages: nothing is half read.
    bool idle() const { return held_.empty(); }
    // True when what is half read is a message, not a frame.
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
    base::Bytes held_;          // the start of a split item
    std::size_t scanned_ = 0;   // of the item, known to hold no end of head
    std::size_t body_end_ = 0;  // of the item, once its head is known but its body is not whole
    std::size_t blank_bytes_ = 0;
    std::string failed_cseq_;
};

}  // namespace tidegate::rtsp
