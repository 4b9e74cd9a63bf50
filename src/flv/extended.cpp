#include "flv/extended.hpp"

#include "base/bytes.hpp"
#include "media/track.hpp"

namespace tidegate::flv {

namespace {

using media::fail;

// ModEx: modifiers stand in front of the packet type. So far only one is defined, the nanoseconds
// of the time stamp; it is skipped.
constexpr std::uint8_t kModifiers = 7;

enum class TrackLayout : std::uint8_t { one = 0, many = 1, many_codecs = 2 };

std::unexpected<Error> cut_off() {
    return fail("invalid body size");
}

// Skips all modifiers and returns the packet type behind them. Each modifier has at least one byte,
// so the end of the body bounds their number.
std::uint8_t skip_modifiers(base::ByteReader& reader, std::uint8_t packet) {
    while (packet == kModifiers && !reader.failed()) {
        std::size_t size = reader.u8() + 1U;
        if (size == 256) size = reader.u16() + 1U;
        reader.skip(size);
        packet = reader.u8() & 0x0fU;
    }
    return packet;
}

void set_track_id(Tag& tag, std::uint8_t id) {
    if (auto* header = std::get_if<SequenceHeader>(&tag)) header->track_id = id;
    if (auto* frame = std::get_if<Frame>(&tag)) frame->track_id = id;
    if (auto* other = std::get_if<Unsupported>(&tag)) other->track_id = id;
}

std::expected<Tag, Error> read_track(base::ByteReader& reader, ExtendedPart part, bool has_size,
                                     ExtendedKind const& kind) {
    auto const id = reader.u8();
    auto const size = has_size ? reader.u24() : reader.remaining();
    part.length_size = kind.length_sizes.of(id);
    part.begin = reader.position();
    reader.skip(size);
    if (reader.failed()) return cut_off();
    part.end = reader.position();
    auto tag = kind.read(part);
    if (tag) set_track_id(*tag, id);
    return tag;
}

std::expected<Tag, Error> read_tracks(base::ByteReader& reader, base::SharedBytes const& body,
                                      ExtendedKind const& kind) {
    auto const head = reader.u8();
    auto const layout = static_cast<TrackLayout>(head >> 4);
    ExtendedPart part{.packet = static_cast<std::uint8_t>(head & 0x0fU), .body = body};
    if (layout > TrackLayout::many_codecs) return fail("unsupported kind of multitrack message");
    if (part.packet == kind.multitrack_packet || part.packet == kModifiers) {
        return fail("a multitrack message inside another one");
    }
    if (layout != TrackLayout::many_codecs) part.four_cc = reader.u32();
    if (layout == TrackLayout::one) return read_track(reader, part, false, kind);

    Multitrack found;
    do {
        if (found.tracks.size() == media::kMaxTracks) return fail("too many tracks in a message");
        if (layout == TrackLayout::many_codecs) part.four_cc = reader.u32();
        auto tag = read_track(reader, part, true, kind);
        if (!tag) return tag;
        found.tracks.push_back(*std::move(tag));
    } while (reader.remaining() > 0);
    return found;
}

}  // namespace

std::expected<Tag, Error> parse_extended(base::SharedBytes const& body, ExtendedKind const& kind) {
    base::ByteReader reader(body.view());
    auto const packet = skip_modifiers(reader, reader.u8() & 0x0fU);
    if (packet == kind.multitrack_packet) return read_tracks(reader, body, kind);
    auto const four_cc = reader.u32();
    if (reader.failed()) return cut_off();
    return kind.read({.packet = packet,
                      .four_cc = four_cc,
                      .body = body,
                      .begin = reader.position(),
                      .end = body.size(),
                      .length_size = kind.length_sizes.of(0)});
}

}  // namespace tidegate::flv
