// How a connection ended: a cause for code, and a text for people. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace tidegate::net {

enum class EndCause : std::uint8_t {
    closed,         // by close(), or by whoever has its closer()
    end_of_stream,  // the peer has closed its side
    read_reset,
    read_timeout,
    read_failed,
    write_reset,
    write_timeout,
    write_failed,
    tls_failed,  // the handshake, or what came is no TLS
};

// The peer, or something in the network between, has closed or reset the connection.
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
    // The reason given to close(), or the network's error in the words of Go: "EOF",
    // "read tcp 127.0.0.1:1935->10.0.0.5:4000: i/o timeout".
    std::string text;
};

}  // namespace tidegate::net
