// What stands before the media in a message of Enhanced RTMP v2, the same for both kinds: packet
// type, modifiers, one track or several. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/shared_bytes.hpp"
#include "flv/tag.hpp"

namespace tidegate::flv {

// One track's part of a message: its packet type and codec, and where its bytes lie.
struct ExtendedPart {
    std::uint8_t packet = 0;
    std::uint32_t four_cc = 0;
    base::SharedBytes const& body;
    std::size_t begin = 0;
    std::size_t end = 0;
    unsigned length_size = 0;  // of the lengths before NAL units

    base::ByteView view() const { return body.view().subspan(begin, end - begin); }
    base::SharedBytes slice(std::size_t offset) const {
        return body.slice(begin + offset, end - begin - offset);
    }
};

// What differs by kind.
struct ExtendedKind {
    std::uint8_t multitrack_packet;
    std::expected<Tag, Error> (*read)(ExtendedPart const& part);
    unsigned length_size = 0;  // handed to read
};

// body: with the first byte, whose lower half is the packet type.
std::expected<Tag, Error> parse_extended(base::SharedBytes const& body, ExtendedKind const& kind);

}  // namespace tidegate::flv
