// How a connection ended: the cause is for code, the text is for people. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace tidegate::net {

enum class EndCause : std::uint8_t {
    closed,         // by us, or by whoever has its closer(), for a reason of their own
    end_of_stream,  // the peer has said its last
    read_reset,
    read_timeout,
    read_failed,
    write_reset,
    write_timeout,
    write_failed,
};

// The peer, or what stands between, ended it: nothing here did.
constexpr bool ended_by_peer(EndCause cause) {
    return cause == EndCause::end_of_stream || cause == EndCause::read_reset ||
           cause == EndCause::write_reset;
}

constexpr bool ended_reading(EndCause cause) {
    return cause == EndCause::end_of_stream || cause == EndCause::read_reset ||
           cause == EndCause::read_timeout || cause == EndCause::read_failed;
}

constexpr bool ended_writing(EndCause cause) {
    return cause == EndCause::write_reset || cause == EndCause::write_timeout ||
           cause == EndCause::write_failed;
}

struct ConnectionEnd {
    EndCause cause = EndCause::closed;
    std::string text;  // Go's words where it is the network's: "EOF", "read tcp …: i/o timeout"
};

}  // namespace tidegate::net
