// The reorder depth that parameter sets announce: H.264 E.2.1 max_num_reorder_frames, H.265
// §7.4.3.2.1 sps_max_num_reorder_pics.
#include <algorithm>

#include "rtp/bit_reader.hpp"
#include "rtp/reorder.hpp"

namespace tidegate::rtp {

namespace {

// A VUI lies within the first bytes of an SPS; longer ones are scaling lists and nonsense.
constexpr std::size_t kMaxSpsLooked = 1024;

base::Bytes without_emulation_prevention(base::ByteView nalu) {
    base::Bytes out;
    int zeros = 0;
    for (auto const byte : nalu.first(std::min(nalu.size(), kMaxSpsLooked))) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        out.push_back(byte);
    }
    return out;
}

void skip_scaling_list(BitReader& reader, int size) {
    int last = 8;
    int next = 8;
    for (int i = 0; i < size && !reader.failed(); ++i) {
        if (next != 0) {
            auto const code = reader.ue();
            auto const delta = (code & 1) != 0 ? static_cast<int>(code / 2 + 1) % 256
                                               : -(static_cast<int>(code / 2) % 256);
            next = (last + delta + 256) % 256;
        }
        last = next == 0 ? last : next;
    }
}

bool has_chroma_format(std::uint32_t profile) {
    constexpr std::uint32_t kHigh[] = {100, 110, 122, 244, 44,  83, 86,
                                       118, 128, 138, 139, 134, 135};
    return std::ranges::find(kHigh, profile) != std::end(kHigh);
}

void skip_high_profile_fields(BitReader& reader) {
    auto const chroma = reader.ue();
    if (chroma == 3) reader.skip(1);
    reader.skip_ue(2);  // bit depths
    reader.skip(1);     // transform bypass
    if (!reader.bit()) return;
    for (int i = 0; i < (chroma == 3 ? 12 : 8); ++i) {
        if (reader.bit()) skip_scaling_list(reader, i < 6 ? 16 : 64);
    }
}

// §7.3.2.1.1 up to the VUI; the picture order count type.
std::uint32_t skip_to_vui_flag(BitReader& reader, std::uint32_t profile) {
    reader.ue();  // seq_parameter_set_id
    if (has_chroma_format(profile)) skip_high_profile_fields(reader);
    reader.ue();  // log2_max_frame_num
    auto const order_type = reader.ue();
    if (order_type == 0) {
        reader.ue();
    } else if (order_type == 1) {
        reader.skip(1);
        reader.skip_ue(2);
        reader.skip_ue(static_cast<int>(std::min(reader.ue(), 255U)));
    }
    reader.ue();  // max_num_ref_frames
    reader.skip(1);
    reader.skip_ue(2);                    // width, height
    if (!reader.bit()) reader.skip(1);    // interlaced: mb_adaptive
    reader.skip(1);                       // direct_8x8
    if (reader.bit()) reader.skip_ue(4);  // cropping
    return order_type;
}

void skip_hrd(BitReader& reader) {
    auto const count = std::min(reader.ue(), 31U) + 1;
    reader.skip(8);
    for (std::uint32_t i = 0; i < count; ++i) {
        reader.skip_ue(2);
        reader.skip(1);
    }
    reader.skip(20);
}

// Annex E.1.1 up to max_num_reorder_frames.
std::optional<std::size_t> vui_reorder_frames(BitReader& reader) {
    if (reader.bit() && reader.bits(8) == 255) reader.skip(32);  // aspect ratio
    if (reader.bit()) reader.skip(1);                            // overscan
    if (reader.bit()) {                                          // video signal type
        reader.skip(4);
        if (reader.bit()) reader.skip(24);
    }
    if (reader.bit()) reader.skip_ue(2);  // chroma location
    if (reader.bit()) reader.skip(65);    // timing
    auto const nal_hrd = reader.bit();
    if (nal_hrd) skip_hrd(reader);
    auto const vcl_hrd = reader.bit();
    if (vcl_hrd) skip_hrd(reader);
    if (nal_hrd || vcl_hrd) reader.skip(1);
    reader.skip(1);                          // pic_struct
    if (!reader.bit()) return std::nullopt;  // bitstream_restriction
    reader.skip(1);
    reader.skip_ue(4);
    auto const depth = reader.ue();
    if (reader.failed() || depth > kMaxReorderDepth) return std::nullopt;
    return depth;
}

std::optional<std::size_t> h264_depth(base::ByteView sps) {
    if (sps.size() < 4) return std::nullopt;
    constexpr std::uint32_t kBaseline = 66;  // has no B slices
    if (sps[1] == kBaseline) return 0;
    auto const bytes = without_emulation_prevention(sps);
    BitReader reader(bytes);
    reader.skip(32);  // NAL header, profile, constraints, level
    auto const order_type = skip_to_vui_flag(reader, sps[1]);
    if (order_type == 2 && !reader.failed()) return 0;  // output order is decoding order
    if (!reader.bit()) return std::nullopt;
    return vui_reorder_frames(reader);
}

// §7.3.3
void skip_profile_tier_level(BitReader& reader, std::uint32_t sub_layers) {
    reader.skip(96);
    std::uint32_t profiles = 0;
    std::uint32_t levels = 0;
    for (std::uint32_t i = 0; i < sub_layers; ++i) {
        profiles += reader.bit() ? 1 : 0;
        levels += reader.bit() ? 1 : 0;
    }
    if (sub_layers > 0) reader.skip(std::size_t{2} * (8 - sub_layers));
    reader.skip(std::size_t{88} * profiles + std::size_t{8} * levels);
}

std::optional<std::size_t> h265_depth(base::ByteView sps) {
    auto const bytes = without_emulation_prevention(sps);
    BitReader reader(bytes);
    reader.skip(16 + 4);  // NAL header, vps id
    auto const sub_layers = reader.bits(3);
    reader.skip(1);
    skip_profile_tier_level(reader, sub_layers);
    reader.ue();                           // sps id
    if (reader.ue() == 3) reader.skip(1);  // chroma format
    reader.skip_ue(2);                     // width, height
    if (reader.bit()) reader.skip_ue(4);   // conformance window
    reader.skip_ue(3);                     // bit depths, log2_max_pic_order_cnt
    std::uint32_t depth = 0;
    for (auto i = reader.bit() ? 0U : sub_layers; i <= sub_layers; ++i) {
        reader.ue();
        depth = reader.ue();
        reader.ue();
    }
    if (reader.failed() || depth > kMaxReorderDepth) return std::nullopt;
    return depth;
}

}  // namespace

std::optional<std::size_t> reorder_depth(media::Track const& track) {
    if (auto const* h264 = std::get_if<media::H264Config>(&track.config))
        return h264_depth(h264->sets.sps());
    if (auto const* h265 = std::get_if<media::H265Config>(&track.config))
        return h265_depth(h265->sets.sps());
    return 0;
}

}  // namespace tidegate::rtp
