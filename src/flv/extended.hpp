// Reads what stands in front of the media in a message of Enhanced RTMP v2: packet type, modifiers,
// and the division into tracks. It is the same for video and audio. Internal to this folder. Pure
// functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/shared_bytes.hpp"
#include "flv/tag.hpp"

namespace tidegate::flv {

// The part of a message that belongs to one track.
struct ExtendedPart {
    std::uint8_t packet = 0;  // the packet type
    std::uint32_t four_cc = 0;
    base::SharedBytes const& body;  // of the whole message; the part is [begin, end) of it
    std::size_t begin = 0;
    std::size_t end = 0;
    unsigned length_size = 0;  // bytes of the length in front of each NAL unit

    base::ByteView view() const { return body.view().subspan(begin, end - begin); }
    base::SharedBytes slice(std::size_t offset) const {
        return body.slice(begin + offset, end - begin - offset);
    }
};

// What is different for video and audio.
struct ExtendedKind {
    std::uint8_t multitrack_packet;  // the packet type that means "several tracks"
    std::expected<Tag, Error> (*read)(ExtendedPart const& part);  // called for each part
    LengthSizes const& length_sizes;                              // passed on to read, by track
};

// body: of the whole message, with its first byte, whose lower half is the packet type. The result
// is a Multitrack when the message has several tracks.
std::expected<Tag, Error> parse_extended(base::SharedBytes const& body, ExtendedKind const& kind);

}  // namespace tidegate::flv
