// The types of NAL units: H.264 (ITU-T H.264 table 7-1) and H.265 (ITU-T H.265 table 7-1). In this
// project a "nalu" is one NAL unit with its header but without a start code or a length in front of
// it. Pure functions; any thread.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "media/codec.hpp"

namespace tidegate::media {

// Bytes of a NAL unit's header.
inline constexpr std::size_t kH264NalHeaderSize = 1;
inline constexpr std::size_t kH265NalHeaderSize = 2;

// The type's number. REQUIRES: nalu is not empty.
inline std::uint8_t h264_nal_type(base::ByteView nalu) {
    return nalu[0] & 0x1f;
}
inline std::uint8_t h265_nal_type(base::ByteView nalu) {
    return nalu[0] >> 1 & 0x3f;
}

// What a NAL unit is to the pipeline.
enum class NalRole : std::uint8_t {
    keyframe_slice,  // a slice of a picture at which decoding can start: IDR; for H.265 any IRAP
    slice,           // a slice of another picture
    vps,
    sps,
    pps,
    sei,
    access_unit_delimiter,
    other,  // all the rest, reserved types included: decoders ignore them
};

inline NalRole h264_role(std::uint8_t type) {
    switch (type) {
        case 1:
        case 2:
        case 3:
        case 4:
            return NalRole::slice;
        case 5:
            return NalRole::keyframe_slice;
        case 6:
            return NalRole::sei;
        case 7:
            return NalRole::sps;
        case 8:
            return NalRole::pps;
        case 9:
            return NalRole::access_unit_delimiter;
        default:
            return NalRole::other;
    }
}

// Types 22 and 23 are reserved for further kinds of IRAP pictures, 10 to 15 and 24 to 31 for other
// slices. No decoder knows them, so they are `other`.
inline NalRole h265_role(std::uint8_t type) {
    if (type <= 9) return NalRole::slice;
    if (type >= 16 && type <= 21) return NalRole::keyframe_slice;
    switch (type) {
        case 32:
            return NalRole::vps;
        case 33:
            return NalRole::sps;
        case 34:
            return NalRole::pps;
        case 35:
            return NalRole::access_unit_delimiter;
        case 39:
        case 40:
            return NalRole::sei;
        default:
            return NalRole::other;
    }
}

// The role of a NAL unit. One that is shorter than its codec's header, and any nalu of a codec that
// is not H.264 or H.265, is `other`.
inline NalRole nal_role(Codec codec, base::ByteView nalu) {
    if (codec == Codec::h264 && nalu.size() >= kH264NalHeaderSize) {
        return h264_role(h264_nal_type(nalu));
    }
    if (codec == Codec::h265 && nalu.size() >= kH265NalHeaderSize) {
        return h265_role(h265_nal_type(nalu));
    }
    return NalRole::other;
}

inline bool is_slice(NalRole role) {
    return role <= NalRole::slice;
}
inline bool is_parameter_set(NalRole role) {
    return role >= NalRole::vps && role <= NalRole::pps;
}

}  // namespace tidegate::media
