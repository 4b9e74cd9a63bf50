// A command message (RTMP 1.0 §7.2): name, transaction id, command object, arguments. Any thread.
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
    double transaction_id = 0;  // as sent (any double); only ever echoed
    amf0::Value object;
    std::vector<amf0::Value> arguments;
    // Why the list ends before the message does; empty when all of it was read.
    std::string unread{};

    // The argument as a string; nullptr when it is missing or of another type.
    std::string const* string_argument(std::size_t index) const;
    bool operator==(Command const&) const = default;
};

// Lenient: a missing or non-number transaction id is 0, missing objects are null, and the list ends
// at a value that cannot be read.
std::expected<Command, Error> read_command(base::ByteView body);
base::Bytes write_command(Command const& command);

}  // namespace tidegate::rtmp
