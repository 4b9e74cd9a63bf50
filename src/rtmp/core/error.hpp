// Why an RTMP connection cannot go on. Every error is final for its connection: the caller sends
// what output() still holds, then closes. Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace tidegate::rtmp {

enum class ErrorCode : std::uint8_t {
    handshake,       // the first bytes are not an RTMP handshake that we speak
    chunk,           // the chunks do not follow the protocol
    limit,           // a limit of limits.hpp was passed
    message,         // the body of a message cannot be read
    state,           // a command that is not allowed now
    refused,         // the peer asks for what we do not offer
    remote_refused,  // the server refused our publish or play
};

struct Error {
    ErrorCode code;
    std::string text;  // one sentence for the log, in MediaMTX's words where it has some
};

using Result = std::expected<void, Error>;

// For `return fail(...)` in functions that return Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string text) {
    return std::unexpected(Error{code, std::move(text)});
}

}  // namespace tidegate::rtmp
