// A command message (RTMP 1.0 §7.2): name, transaction id, command object, arguments. Plain values;
// any thread.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "rtmp/core/amf0.hpp"
#include "rtmp/core/error.hpp"

namespace tidegate::rtmp {

struct Command {
    std::string name;
    double transaction_id = 0;  // any double: it is only repeated in the answer
    amf0::Value object;
    std::vector<amf0::Value> arguments;
    // Why reading stopped before the end of the message; empty when all of it was read.
    std::string unread{};

    // nullptr when the argument is missing or is no string.
    std::string const* string_argument(std::size_t index) const;
    bool operator==(Command const&) const = default;
};

// Reads a command as far as possible: a transaction id that is missing or no number is 0, a missing
// object is null, and the arguments end at the first value that cannot be read. An error only when
// the message has no name.
std::expected<Command, Error> read_command(base::ByteView body);
base::Bytes write_command(Command const& command);

}  // namespace tidegate::rtmp
