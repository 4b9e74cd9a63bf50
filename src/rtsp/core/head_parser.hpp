// Parses the head of one RTSP message: its start line and its headers, without the body. Internal
// to this folder. Pure functions; any thread.
#pragma once

#include <expected>
#include <string_view>
#include <variant>

#include "rtsp/core/message.hpp"
#include "rtsp/core/message_reader.hpp"

namespace tidegate::rtsp {

struct Head {
    std::variant<Request, Response> message;  // without its body
    std::size_t content_length = 0;           // bytes of the body that follows

    Headers& headers() {
        return std::visit([](auto& either) -> Headers& { return either.headers; }, message);
    }
};

// text: from the start line to the blank line, both included. On an error, failed_cseq gets the
// CSeq when that was read before: the reply has to repeat it.
std::expected<Head, ParseError> parse_head(std::string_view text, std::string& failed_cseq);

// Whether a head can begin with these bytes. It is false as soon as they cannot belong to RTSP, so
// that junk is refused before a whole line has come.
bool may_begin_head(std::string_view text);

}  // namespace tidegate::rtsp
