#include "media/nal.hpp"

namespace tidegate::media {

namespace {

NalRole h264_role(base::ByteView nalu) {
    switch (nalu[0] & 0x1f) {
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

NalRole h265_role(base::ByteView nalu) {
    auto const type = (nalu[0] >> 1) & 0x3f;
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

}  // namespace

NalRole nal_role(Codec codec, base::ByteView nalu) {
    if (codec == Codec::h264) return nalu.empty() ? NalRole::other : h264_role(nalu);
    if (codec == Codec::h265) return nalu.size() < 2 ? NalRole::other : h265_role(nalu);
    return NalRole::other;
}

}  // namespace tidegate::media
