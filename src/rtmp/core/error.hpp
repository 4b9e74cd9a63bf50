// Why an RTMP connection cannot go on. Every error is final for its connection: send what output()
// still holds, then close. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace tidegate::rtmp {

enum class ErrorCode : std::uint8_t {
    handshake,       // the first bytes are not an RTMP handshake that we speak
    chunk,           // the chunk layer is broken
    limit,           // a limit of limits.hpp was passed
    message,         // a message's body does not parse
    state,           // a command that is not allowed now
    refused,         // the peer asks for what we do not offer
    remote_refused,  // the server refused our publish or play
};

struct Error {
    ErrorCode code;
    std::string text;  // one line for the log, in MediaMTX's words where it has some
};

using Result = std::expected<void, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string text) {
    return std::unexpected(Error{code, std::move(text)});
}

}  // namespace tidegate::rtmp
