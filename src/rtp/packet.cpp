#include "rtp/packet.hpp"

#include "rtp/limits.hpp"

namespace tidegate::rtp {

std::string_view describe(Error error) {
    switch (error) {
        case Error::truncated:
            return "packet is shorter than its header says";
        case Error::bad_version:
            return "not RTP version 2";
        case Error::bad_padding:
            return "padding is larger than the packet";
        case Error::wrong_payload_type:
            return "payload type is not the described one";
        case Error::empty_payload:
            return "packet without payload";
        case Error::bad_aggregate:
            return "sizes inside an aggregation packet do not fit";
        case Error::bad_fragment:
            return "fragment without a start, or nested";
        case Error::unsupported_nalu:
            return "interleaved packetization mode is not supported";
        case Error::unit_too_large:
            return "access unit is too large";
        case Error::bad_descriptor:
            return "invalid payload header";
        case Error::too_many_nalus:
            return "access unit has too many NAL units";
        case Error::late_or_duplicate:
            return "late or repeated packet";
        case Error::bad_rtcp:
            return "malformed RTCP packet";
    }
    return "unknown error";
}

std::expected<PacketView, Error> parse_packet(base::ByteView bytes) {
    if (bytes.size() < kHeaderSize) return std::unexpected(Error::truncated);
    base::ByteReader reader(bytes);
    auto const flags = reader.u8();
    if (flags >> 6 != 2) return std::unexpected(Error::bad_version);
    auto const type = reader.u8();
    PacketView packet;
    packet.marker = (type & 0x80) != 0;
    packet.payload_type = type & 0x7F;
    packet.sequence = reader.u16();
    packet.timestamp = reader.u32();
    packet.ssrc = reader.u32();
    reader.skip(std::size_t{4} * (flags & 0x0F));  // CSRCs
    if ((flags & 0x10) != 0) {                     // header extension
        reader.skip(2);
        reader.skip(std::size_t{4} * reader.u16());
    }
    packet.payload = reader.rest();
    if (reader.failed()) return std::unexpected(Error::truncated);
    if ((flags & 0x20) != 0) {
        auto const size = packet.payload.size();
        auto const padding = size == 0 ? std::size_t{0} : std::size_t{packet.payload.back()};
        if (padding == 0 || padding > size) return std::unexpected(Error::bad_padding);
        packet.payload = packet.payload.first(size - padding);
    }
    return packet;
}

}  // namespace tidegate::rtp
