#include "rtmp/core/media_message.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tidegate::rtmp {

namespace {

// The bytes in front of every chunk of one message: full for the first, short for the others.
struct ChunkHeads {
    explicit ChunkHeads(MessageHeader const& header, std::size_t body_size) {
        basic(first, first_size, 0, header.chunk_stream_id);
        basic(next, next_size, 3, header.chunk_stream_id);
        auto const extended = header.timestamp >= kExtendedMark;
        big_endian(first, first_size, extended ? kExtendedMark : header.timestamp, 3);
        big_endian(first, first_size, static_cast<std::uint32_t>(body_size), 3);
        first[first_size++] = static_cast<std::uint8_t>(header.type);
        for (int shift = 0; shift < 32; shift += 8) {
            first[first_size++] = static_cast<std::uint8_t>(header.message_stream_id >> shift);
        }
        if (extended) {
            big_endian(first, first_size, header.timestamp, 4);
            big_endian(next, next_size, header.timestamp, 4);
        }
    }

    static void basic(auto& out, std::size_t& size, unsigned format, std::uint32_t id) {
        auto const mark = static_cast<std::uint8_t>(format << 6);
        if (id < 64) {
            out[size++] = static_cast<std::uint8_t>(mark | id);
        } else if (id < 64 + 256) {
            out[size++] = mark;
            out[size++] = static_cast<std::uint8_t>(id - 64);
        } else {
            out[size++] = mark | 1U;
            out[size++] = static_cast<std::uint8_t>(id - 64);
            out[size++] = static_cast<std::uint8_t>((id - 64) >> 8);
        }
    }

    static void big_endian(auto& out, std::size_t& size, std::uint32_t value, int count) {
        for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) {
            out[size++] = static_cast<std::uint8_t>(value >> shift);
        }
    }

    std::array<std::uint8_t, 18> first{};
    std::array<std::uint8_t, 7> next{};
    std::size_t first_size = 0;
    std::size_t next_size = 0;
};

std::size_t wire_size(ChunkHeads const& heads, std::size_t body_size, std::uint32_t chunk_size) {
    auto const continuations = body_size == 0 ? 0 : (body_size - 1) / chunk_size;
    return heads.first_size + body_size + continuations * heads.next_size;
}

// Writes the wire image to out, which has room for wire_size() bytes.
void fill(std::uint8_t* out, ChunkHeads const& heads, std::span<base::ByteView const> parts,
          std::uint32_t chunk_size) {
    auto const put = [&out](std::uint8_t const* bytes, std::size_t count) {
        std::memcpy(out, bytes, count);
        out += count;
    };
    put(heads.first.data(), heads.first_size);
    std::size_t room = chunk_size;
    for (auto part : parts) {
        while (!part.empty()) {
            if (room == 0) {
                put(heads.next.data(), heads.next_size);
                room = chunk_size;
            }
            auto const count = std::min(room, part.size());
            put(part.data(), count);
            part = part.subspan(count);
            room -= count;
        }
    }
}

}  // namespace

base::SharedBytes write_media_message(MessageHeader const& header,
                                      std::span<base::ByteView const> parts,
                                      std::uint32_t chunk_size) {
    std::size_t body_size = 0;
    for (auto const& part : parts) body_size += part.size();
    ChunkHeads const heads(header, body_size);
    auto const size = wire_size(heads, body_size, chunk_size);
    base::SharedBytesBuilder builder(size);
    fill(builder.extend(size), heads, parts, chunk_size);
    return std::move(builder).finish();
}

base::SharedBytes write_media_message(MessageHeader const& header, base::ByteView prefix,
                                      base::ByteView payload, std::uint32_t chunk_size) {
    std::array const parts{prefix, payload};
    return write_media_message(header, parts, chunk_size);
}

base::SharedBytes write_message_head(MessageHeader const& header, base::ByteView prefix,
                                     std::size_t payload_size, std::uint32_t chunk_size) {
    auto const body_size = prefix.size() + payload_size;
    if (body_size > chunk_size) return {};
    ChunkHeads const heads(header, body_size);
    base::SharedBytesBuilder builder(heads.first_size + prefix.size());
    builder.append({heads.first.data(), heads.first_size});
    builder.append(prefix);
    return std::move(builder).finish();
}

void append_message(base::Bytes& out, MessageHeader const& header, base::ByteView body,
                    std::uint32_t chunk_size) {
    ChunkHeads const heads(header, body.size());
    auto const before = out.size();
    out.resize(before + wire_size(heads, body.size(), chunk_size));
    fill(out.data() + before, heads, {&body, 1}, chunk_size);
}

}  // namespace tidegate::rtmp
