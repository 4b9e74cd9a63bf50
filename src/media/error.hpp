// The error of every parser in this folder. A plain value; any thread.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tidegate::media {

struct Error {
    // One sentence for the log that says what is wrong with the input. It uses MediaMTX's words
    // where MediaMTX has a message for the same fault.
    std::string message;
    bool operator==(Error const&) const = default;
};

// For `return fail("...")` in functions that return std::expected<..., Error>.
inline std::unexpected<Error> fail(std::string message) {
    return std::unexpected(Error{std::move(message)});
}

}  // namespace tidegate::media
