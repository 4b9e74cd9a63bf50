// The head of one RTSP message: start line and headers, without its body. Internal to this folder.
#pragma once

#include <expected>
#include <string_view>
#include <variant>

#include "rtsp/core/message.hpp"
#include "rtsp/core/message_reader.hpp"

namespace tidegate::rtsp {

struct Head {
    std::variant<Request, Response> message;
    std::size_t content_length = 0;

    Headers& headers() {
        return std::visit([](auto& either) -> Headers& { return either.headers; }, message);
    }
};

// `text`: from the start line up to and including the blank line. `failed_cseq` is set when the
// error came after a CSeq.
std::expected<Head, ParseError> parse_head(std::string_view text, std::string& failed_cseq);

// Can a head still begin with these bytes? False as soon as they cannot: junk is refused early.
bool may_begin_head(std::string_view text);

}  // namespace tidegate::rtsp
