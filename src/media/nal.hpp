// NAL unit types of H.264 (ITU-T H.264 table 7-1) and H.265 (ITU-T H.265 table 7-1), and the
// questions that the router asks about a unit. A nalu is a NAL unit without start code or length.
// Any thread.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "media/codec.hpp"

namespace tidegate::media {

enum class NalRole : std::uint8_t {
    keyframe_slice,  // IDR; for H.265 any IRAP picture
    slice,           // another coded slice
    vps,
    sps,
    pps,
    sei,
    access_unit_delimiter,
    other,
};

// An empty nalu, or one shorter than its codec's header, is `other`.
NalRole nal_role(Codec codec, base::ByteView nalu);

inline bool is_slice(NalRole role) {
    return role <= NalRole::slice;
}
inline bool is_parameter_set(NalRole role) {
    return role >= NalRole::vps && role <= NalRole::pps;
}

}  // namespace tidegate::media
