#include "sts/core/packet.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tidegate::sts {

namespace {

// By the digit on the wire.
constexpr std::array kEngineKinds{PacketKind::open,    PacketKind::close, PacketKind::ping,
                                  PacketKind::pong,    PacketKind::event,  // 4: Socket.IO's turn
                                  PacketKind::upgrade, PacketKind::noop};
constexpr std::array kSocketKinds{
    PacketKind::connect,       PacketKind::disconnect,   PacketKind::event,     PacketKind::ack,
    PacketKind::connect_error, PacketKind::binary_event, PacketKind::binary_ack};
constexpr char kMessage = '4';

template <std::size_t Size>
std::optional<PacketKind> kind_of(std::array<PacketKind, Size> const& kinds, char digit) {
    auto const index = static_cast<std::size_t>(static_cast<unsigned char>(digit) - '0');
    if (index >= Size) return std::nullopt;
    return kinds[index];
}

template <std::size_t Size>
char digit_of(std::array<PacketKind, Size> const& kinds, PacketKind kind) {
    return static_cast<char>('0' + (std::ranges::find(kinds, kind) - kinds.begin()));
}

std::string unknown(char digit) {
    bool const printable = digit > ' ' && digit <= '~';
    return printable ? std::string("unknown packet type '") + digit + "'" : "unknown packet type";
}

// Takes the digits at the start; nullopt: there are none, or they are no 64-bit number.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return number;
}

bool is_binary(PacketKind kind) {
    return kind == PacketKind::binary_event || kind == PacketKind::binary_ack;
}

bool is_socket_kind(PacketKind kind) {
    return kind >= PacketKind::connect;
}

std::expected<Packet, std::string> parse_socket_packet(std::string_view text) {
    if (text.empty()) return std::unexpected("a message without a packet type");
    auto const kind = kind_of(kSocketKinds, text.front());
    if (!kind) return std::unexpected(unknown(text.front()));
    Packet packet{.kind = *kind};
    text.remove_prefix(1);
    if (is_binary(*kind)) {
        if (!take_number(text) || !text.starts_with('-')) {
            return std::unexpected("a binary packet without its number of attachments");
        }
        text.remove_prefix(1);
    }
    if (text.starts_with('/')) {
        auto const end = std::min(text.find(','), text.size());
        packet.name_space = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    packet.id = take_number(text);
    packet.data = text;
    return packet;
}

}  // namespace

std::expected<Packet, std::string> parse_packet(std::string_view frame) {
    if (frame.empty()) return std::unexpected("an empty packet");
    if (frame.front() == kMessage) return parse_socket_packet(frame.substr(1));
    auto const kind = kind_of(kEngineKinds, frame.front());
    if (!kind) return std::unexpected(unknown(frame.front()));
    return Packet{.kind = *kind, .data = frame.substr(1)};
}

std::string write_packet(Packet const& packet) {
    std::string frame;
    if (!is_socket_kind(packet.kind)) {
        frame = digit_of(kEngineKinds, packet.kind);
    } else {
        frame = {kMessage, digit_of(kSocketKinds, packet.kind)};
        // Attachments would follow in frames of their own; nobody here has any.
        if (is_binary(packet.kind)) frame += "0-";
        // What begins like a namespace would be read as one.
        if (packet.name_space != "/" || packet.data.starts_with('/')) {
            frame.append(packet.name_space).append(",");
        }
        if (packet.id) frame += std::to_string(*packet.id);
    }
    return frame.append(packet.data);
}

}  // namespace tidegate::sts
