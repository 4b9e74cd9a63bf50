// Packets of Engine.IO 4 and of Socket.IO 5 inside them, one in each text frame (§4). Plain values
// and pure functions; any thread. A packet's views point into the frame that was parsed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::sts {

enum class PacketKind : std::uint8_t {
    // Engine.IO: the first digit of the frame, but 4.
    open,
    close,
    ping,
    pong,
    upgrade,
    noop,
    // Socket.IO: the digit behind the 4.
    connect,
    disconnect,
    event,
    ack,
    connect_error,
    binary_event,
    binary_ack,
};

struct Packet {
    PacketKind kind{};
    // Of Socket.IO packets; "/" is the usual one, and is not written.
    std::string_view name_space{"/"};
    // An event that wants an ack, or the ack of this event.
    std::optional<std::uint64_t> id{};
    std::string_view data{};  // JSON, or what a ping carries; may be empty

    bool operator==(Packet const&) const = default;
};

// The error is a sentence: "unknown packet type '9'".
std::expected<Packet, std::string> parse_packet(std::string_view frame);
std::string write_packet(Packet const& packet);

}  // namespace tidegate::sts
