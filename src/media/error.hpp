// Why a piece of media was refused: one sentence for the log, in MediaMTX's words where it has any.
// A value; any thread.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tidegate::media {

struct Error {
    std::string message;
    bool operator==(Error const&) const = default;
};

inline std::unexpected<Error> fail(std::string message) {
    return std::unexpected(Error{std::move(message)});
}

}  // namespace tidegate::media
