// Bytes in, requests out: Beast's parser behind the checks that a server in front of others needs
// (RFC 9112 §2.2, §5.2, §6.1: no bare line feeds, no folded lines, one unambiguous length). No
// socket, no clock. Used by one session on its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/server.hpp"

namespace tidegate::http {

class RequestReader {
public:
    enum class State : std::uint8_t { idle, header, body, complete, refused };

    // Reads requests into the given object, whose remote_* members it leaves alone.
    // REQUIRES: it outlives the reader.
    RequestReader(Limits limits, Request& request);
    ~RequestReader();
    RequestReader(RequestReader const&) = delete;
    RequestReader& operator=(RequestReader const&) = delete;

    // How many bytes were used up; the rest must come again, with more behind it. Stops after a
    // request.
    std::size_t feed(std::string_view bytes);
    // Before the next request. REQUIRES: complete.
    void next();

    State state() const { return state_; }
    // When refused: why, and a sentence about it. The connection cannot go on.
    Refusal refusal() const { return refusal_; }
    std::string const& detail() const { return detail_; }

    // Once the header has been read:
    bool header_done() const { return state_ == State::body || state_ == State::complete; }
    bool keep_alive() const;
    bool has_length() const;  // Content-Length or chunked
    bool is_http_1_0() const;
    // True once, when the client waits for "100 Continue" before it sends the body.
    bool take_expects_continue();

private:
    class Parser;

    std::size_t feed_header(std::string_view bytes);
    std::size_t feed_body(std::string_view bytes);
    std::size_t feed_piece(std::string_view rest);
    // Looks at the lines that have arrived since the last call; the size of a whole header, or 0.
    std::size_t scan_header(std::string_view bytes);
    bool check_line(std::string_view line, bool is_first);
    void refuse(Refusal refusal, std::string detail);

    Limits const limits_;
    Request& request_;
    std::unique_ptr<Parser> parser_;
    State state_ = State::idle;
    Refusal refusal_ = Refusal::bad_request;
    std::string detail_;
    std::size_t line_start_ = 0;  // of the header's line that has not ended yet
    std::size_t empty_lines_ = 0;
    bool expects_continue_ = false;
};

}  // namespace tidegate::http
