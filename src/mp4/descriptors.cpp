#include "mp4/descriptors.hpp"

namespace tidegate::mp4 {

namespace {

enum class Tag : std::uint8_t { stream = 3, decoder = 4, specific = 5, synchronization = 6 };

// Bytes of a header: the tag, and the size in four bytes that have seven bits each.
constexpr std::size_t kHeaderSize = 5;
constexpr std::size_t kStreamSize = 3;
constexpr std::size_t kDecoderSize = 13;
constexpr std::size_t kSynchronizationSize = 1;

constexpr unsigned kAudioStream = 5;
constexpr std::size_t kMaxSizeBytes = 4;

void write_header(BoxWriter& out, Tag tag, std::size_t size) {
    out.u8(static_cast<std::uint8_t>(tag));
    for (int shift = 21; shift >= 0; shift -= 7) {
        out.u8((size >> shift & 0x7f) | (shift == 0 ? 0U : 0x80U));
    }
}

struct Descriptor {
    std::uint8_t tag = 0;
    base::ByteView payload;
};

Descriptor read(base::ByteReader& reader) {
    Descriptor descriptor;
    descriptor.tag = reader.u8();
    std::size_t size = 0;
    for (std::size_t i = 0; i < kMaxSizeBytes; ++i) {
        auto const byte = reader.u8();
        size = size << 7 | (byte & 0x7fU);
        if ((byte & 0x80) == 0) break;
    }
    descriptor.payload = reader.take(size);
    return descriptor;
}

bool is(Descriptor const& descriptor, Tag tag) {
    return descriptor.tag == static_cast<std::uint8_t>(tag);
}

// Skips the fields in front of the inner descriptors; flags tell which of them are there.
void skip_stream_fields(base::ByteReader& reader) {
    reader.skip(2);  // id
    auto const flags = reader.u8();
    if ((flags & 0x80) != 0) reader.skip(2);            // depends on another stream
    if ((flags & 0x40) != 0) reader.skip(reader.u8());  // URL
    if ((flags & 0x20) != 0) reader.skip(2);            // clock's stream
}

}  // namespace

void write_descriptor(BoxWriter& out, std::uint32_t track_id, AudioDescriptor const& audio) {
    auto const specific = audio.specific.empty() ? 0 : kHeaderSize + audio.specific.size();
    auto const decoder = kDecoderSize + specific;
    write_header(out, Tag::stream,
                 kStreamSize + kHeaderSize + decoder + kHeaderSize + kSynchronizationSize);
    out.u16(track_id & 0xffff);
    out.u8(0U);
    write_header(out, Tag::decoder, decoder);
    out.u8(audio.object_type);
    out.u8(kAudioStream << 2 | 1U);
    out.u24(0U);  // size of the decoder's buffer: unknown
    out.u32(audio.max_bitrate);
    out.u32(audio.average_bitrate);
    if (!audio.specific.empty()) {
        write_header(out, Tag::specific, audio.specific.size());
        out.bytes(audio.specific);
    }
    write_header(out, Tag::synchronization, kSynchronizationSize);
    out.u8(2U);  // the predefined value for MP4 files
}

std::optional<AudioDescriptor> read_descriptor(base::ByteView payload) {
    base::ByteReader outer(payload);
    auto const stream = read(outer);
    if (outer.failed() || !is(stream, Tag::stream)) return std::nullopt;
    base::ByteReader fields(stream.payload);
    skip_stream_fields(fields);
    auto const decoder = read(fields);
    if (fields.failed() || !is(decoder, Tag::decoder)) return std::nullopt;
    AudioDescriptor audio;
    base::ByteReader inner(decoder.payload);
    audio.object_type = inner.u8();
    inner.skip(1 + 3);
    audio.max_bitrate = inner.u32();
    audio.average_bitrate = inner.u32();
    if (inner.failed()) return std::nullopt;
    if (inner.remaining() == 0) return audio;
    auto const specific = read(inner);
    if (inner.failed()) return std::nullopt;
    if (is(specific, Tag::specific)) audio.specific = specific.payload;
    return audio;
}

}  // namespace tidegate::mp4
