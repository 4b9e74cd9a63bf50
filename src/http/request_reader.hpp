// Makes requests of bytes. Beast's parser reads them, after checks that protect against request
// smuggling (RFC 9112 §2.2, §5.2, §6.1): no bare line feed, no folded line, only one length. No
// socket, no clock. One session uses it, on its loop.
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

    // Reads each request into `request`, except for its remote_* members. REQUIRES: `request`
    // outlives the reader.
    RequestReader(Limits limits, Request& request);
    ~RequestReader();
    RequestReader(RequestReader const&) = delete;
    RequestReader& operator=(RequestReader const&) = delete;

    // Takes bytes and returns how many it has used. The caller keeps the others, and feeds them
    // again together with those that follow. Stops at the end of a request.
    std::size_t feed(std::string_view bytes);
    // Clears the request; feed() then begins with the next one. REQUIRES: the state is complete.
    void next();

    State state() const { return state_; }
    // It has taken nothing since the last request, or at all.
    bool untouched() const { return state_ == State::idle && empty_lines_ == 0; }
    // Why the bytes are refused, and a sentence about it. REQUIRES: the state is refused. The
    // connection cannot go on.
    Refusal refusal() const { return refusal_; }
    std::string const& detail() const { return detail_; }

    // The whole header has been read. The following functions require it.
    bool header_done() const { return state_ == State::body || state_ == State::complete; }
    bool keep_alive() const;
    bool has_length() const;  // it has Content-Length, or is chunked
    bool is_http_1_0() const;
    // True: the client waits for "100 Continue" before it sends the body. Only the first call of a
    // request returns true.
    bool take_expects_continue();

private:
    class Parser;

    std::size_t feed_header(std::string_view bytes);
    std::size_t feed_body(std::string_view bytes);
    std::size_t feed_piece(std::string_view rest);
    // Checks the lines that have arrived since the last call. Returns the size of the header if it
    // is whole, or else 0.
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
