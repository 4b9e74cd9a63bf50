#include "rtmp/core/chunk_reader.hpp"

#include <algorithm>
#include <cstring>

namespace tidegate::rtmp {

namespace {

constexpr std::uint32_t kSignBit = 0x80000000;  // always 0 in a chunk size (§5.4.1)

// At most this many bytes are reserved when a message begins. More memory is used only as bytes
// arrive.
constexpr std::size_t kFirstReserve = 64 * 1024;
constexpr std::size_t kUnauthorizedFirstReserve = 4 * 1024;

// A type-3 chunk that starts a message after a type-0 one adds the latter's timestamp once more, as
// a delta (§5.3.1.2.4). librtmp and nginx-rtmp mean "the same timestamp again" by it. So a
// timestamp that is too large for a distance of two messages is not added.
constexpr std::uint32_t kMaxInitialDelta = 10'000;

constexpr std::array<std::size_t, 4> kMessageHeaderSize = {11, 7, 3, 0};

std::uint32_t big_endian(base::ByteView bytes, std::size_t offset, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[offset + i];
    return value;
}

// The message stream id is the only little-endian field (§5.3.1.2.1).
std::uint32_t message_stream_id(base::ByteView fields) {
    return static_cast<std::uint32_t>(fields[7]) | static_cast<std::uint32_t>(fields[8]) << 8 |
           static_cast<std::uint32_t>(fields[9]) << 16 |
           static_cast<std::uint32_t>(fields[10]) << 24;
}

}  // namespace

Result ChunkReader::feed(base::ByteView bytes, MessageSink& sink) {
    while (!bytes.empty()) {
        auto const result =
            chunk_remaining_ == 0 ? read_header(bytes, sink) : read_payload(bytes, sink);
        if (!result) return result;
    }
    return {};
}

Result ChunkReader::read_header(base::ByteView& bytes, MessageSink& sink) {
    if (stash_size_ != 0) return read_stashed_header(bytes, sink);
    auto const header = parse_header(bytes);
    if (header.size == 0) {
        std::ranges::copy(bytes, stash_.begin());
        stash_size_ = bytes.size();
        bytes = {};
        return {};
    }
    bytes = bytes.subspan(header.size);
    return begin_chunk(header);
}

Result ChunkReader::read_stashed_header(base::ByteView& bytes, MessageSink& sink) {
    auto const before = stash_size_;
    auto const added = std::min(kMaxHeaderSize - before, bytes.size());
    std::copy_n(bytes.begin(), added, stash_.begin() + static_cast<std::ptrdiff_t>(before));
    auto const stashed = base::ByteView(stash_).first(before + added);
    auto const header = parse_header(stashed);
    if (header.size == 0) {
        stash_size_ = stashed.size();
        bytes = {};
        return {};
    }
    stash_size_ = 0;
    if (auto const begun = begin_chunk(header); !begun) return begun;
    if (header.size >= before) {
        bytes = bytes.subspan(header.size - before);
        return {};
    }
    // The stashed bytes could have been a repeated extended timestamp, but they are payload.
    auto const early = stash_;
    return feed(base::ByteView(early).subspan(header.size, before - header.size), sink);
}

ChunkReader::Header ChunkReader::parse_header(base::ByteView bytes) {
    Header header;
    header.format = bytes[0] >> 6;
    header.chunk_stream_id = bytes[0] & 63U;
    std::size_t basic_size = 1;
    if (header.chunk_stream_id < 2) {
        basic_size = header.chunk_stream_id + 2;
        if (bytes.size() < basic_size) return header;
        header.chunk_stream_id = 64U + bytes[1] + (basic_size == 3 ? bytes[2] * 256U : 0U);
    }
    header.size = basic_size;
    if (header.format == 3) {
        parse_repeated_timestamp(bytes, header);
        return header;
    }
    auto const fields_size = kMessageHeaderSize[header.format];
    auto const size = basic_size + fields_size;
    header.size = 0;
    if (bytes.size() < size) return header;
    header.fields = bytes.subspan(basic_size, fields_size);
    header.timestamp_field = big_endian(header.fields, 0, 3);
    header.extended = header.timestamp_field == kExtendedMark;
    if (!header.extended) {
        header.size = size;
    } else if (bytes.size() >= size + 4) {
        header.timestamp_field = big_endian(bytes, size, 4);
        header.size = size + 4;
    }
    return header;
}

void ChunkReader::parse_repeated_timestamp(base::ByteView bytes, Header& header) {
    auto const* const stream = find(header.chunk_stream_id);
    if (stream == nullptr || !stream->extended) return;
    if (extended_habit_ == ExtendedHabit::left_out) return;
    if (bytes.size() < header.size + 4) {
        header.size = 0;
        return;
    }
    auto const value = big_endian(bytes, header.size, 4);
    if (extended_habit_ == ExtendedHabit::unknown) {
        // MediaMTX repeats it as zero. Four zero bytes are hardly ever payload at this place.
        extended_habit_ = value == stream->timestamp_field || value == 0 ? ExtendedHabit::repeated
                                                                         : ExtendedHabit::left_out;
    }
    if (extended_habit_ == ExtendedHabit::repeated) header.size += 4;
}

Result ChunkReader::begin_chunk(Header const& header) {
    auto* stream = find(header.chunk_stream_id);
    if (stream == nullptr) {
        // Some encoders begin with type 1. Only the message stream id is missing then; it is 0.
        if (header.format > 1) {
            return fail(ErrorCode::chunk, "received type " + std::to_string(header.format) +
                                              " chunk without previous chunk");
        }
        if (streams_.size() >= limits_.max_chunk_streams) {
            return fail(ErrorCode::limit, "too many chunk streams");
        }
        stream = &streams_.emplace_back();
        stream->id = header.chunk_stream_id;
        if (stream->id < slots_.size()) {
            slots_[stream->id] = static_cast<std::uint16_t>(streams_.size());
        }
    }
    current_ = static_cast<std::size_t>(stream - streams_.data());
    if (stream->remaining == 0) {
        if (auto const begun = begin_message(*stream, header); !begun) return begun;
    } else if (header.format != 3) {
        return fail(ErrorCode::chunk, "received type " + std::to_string(header.format) +
                                          " chunk but expected type 3 chunk");
    }
    chunk_remaining_ = std::min(stream->remaining, chunk_size_);
    return {};
}

Result ChunkReader::begin_message(ChunkStream& stream, Header const& header) {
    if (header.format != 3) {
        stream.timestamp_field = header.timestamp_field;
        stream.extended = header.extended;
        stream.delta = header.timestamp_field;
    }
    if (header.format == 0) {
        stream.timestamp = header.timestamp_field;
        stream.message_stream_id = message_stream_id(header.fields);
        if (stream.delta > kMaxInitialDelta) stream.delta = 0;
    } else {
        stream.timestamp += stream.delta;
    }
    if (header.format <= 1) {
        stream.length = big_endian(header.fields, 3, 3);
        stream.type = header.fields[6];
    }
    if (stream.length > limits_.max_message_size) {
        return fail(ErrorCode::limit,
                    "message body is too big: " + std::to_string(stream.length) + " bytes");
    }
    stream.remaining = stream.length;
    return {};
}

Result ChunkReader::read_payload(base::ByteView& bytes, MessageSink& sink) {
    auto& stream = streams_[current_];
    auto const count = std::min<std::size_t>(chunk_remaining_, bytes.size());
    if (stream.body.size() + count > stream.reserved) {
        if (auto const reserved = reserve(stream, count); !reserved) return reserved;
    }
    std::memcpy(stream.body.extend(count), bytes.data(), count);
    bytes = bytes.subspan(count);
    chunk_remaining_ -= static_cast<std::uint32_t>(count);
    stream.remaining -= static_cast<std::uint32_t>(count);
    if (stream.remaining == 0) return finish_message(stream, sink);
    return {};
}

Result ChunkReader::reserve(ChunkStream& stream, std::size_t count) {
    auto const needed = stream.body.size() + count;
    auto const first = authorized_ ? kFirstReserve : kUnauthorizedFirstReserve;
    auto const limit =
        authorized_ ? limits_.max_partial_bytes : limits_.max_unauthorized_partial_bytes;
    auto const others = partial_bytes_ - stream.reserved + (authorized_ ? 0 : early_bytes_);
    auto const room = limit - std::min(limit, others);
    if (needed > room) return fail(ErrorCode::limit, "too many bytes in unfinished messages");
    auto const wanted = std::max({needed, first, stream.reserved * 2});
    auto const reserved = std::min({wanted, std::size_t{stream.length}, room});
    partial_bytes_ += reserved - stream.reserved;
    stream.reserved = reserved;
    stream.body.reserve(reserved);
    return {};
}

Result ChunkReader::finish_message(ChunkStream& stream, MessageSink& sink) {
    Message message{static_cast<MessageType>(stream.type), stream.id, stream.message_stream_id,
                    stream.timestamp, std::move(stream.body).finish()};
    partial_bytes_ -= stream.reserved;
    stream.reserved = 0;
    return sink.on_message(std::move(message));
}

Result ChunkReader::set_chunk_size(std::uint32_t size) {
    if (size == 0 || (size & kSignBit) != 0) {
        return fail(ErrorCode::chunk, "invalid chunk size: " + std::to_string(size));
    }
    chunk_size_ = std::min(size, limits_.max_chunk_size);
    return {};
}

void ChunkReader::abort(std::uint32_t chunk_stream_id) {
    auto* const stream = find(chunk_stream_id);
    if (stream == nullptr) return;
    stream->remaining = 0;
    partial_bytes_ -= stream->reserved;
    stream->reserved = 0;
    stream->body = {};
}

ChunkReader::ChunkStream* ChunkReader::find(std::uint32_t id) {
    if (id < slots_.size()) {
        return slots_[id] == 0 ? nullptr : &streams_[slots_[id] - 1U];
    }
    auto const found = std::ranges::find(streams_, id, &ChunkStream::id);
    return found == streams_.end() ? nullptr : &*found;
}

}  // namespace tidegate::rtmp
