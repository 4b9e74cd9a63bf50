// The sequence parameter set of H.264.
#include <algorithm>

#include "media/bit_reader.hpp"
#include "media/nal.hpp"
#include "media/sps.hpp"

namespace tidegate::media {

namespace {

// A longer one is no parameter set: the largest legal one is some hundred bytes.
constexpr std::size_t kMaxSpsSize = 4096;
// num_ref_frames_in_pic_order_cnt_cycle's range.
constexpr std::uint32_t kMaxPocCycle = 255;
// cpb_cnt_minus1's range is 0 to 31.
constexpr std::uint64_t kMaxHrdCount = 32;

std::string profile_name(std::uint8_t profile_idc) {
    switch (profile_idc) {
        case 66:
            return "Baseline";
        case 77:
            return "Main";
        case 88:
            return "Extended";
        case 100:
            return "High";
        case 110:
            return "High 10";
        case 122:
            return "High 4:2:2";
        case 244:
            return "High 4:4:4 Predictive";
        default:
            return std::to_string(profile_idc);
    }
}

std::string level_name(std::uint8_t level_idc) {
    auto name = std::to_string(level_idc / 10);
    if (level_idc % 10 != 0) name += "." + std::to_string(level_idc % 10);
    return name;
}

// The profiles whose SPS has chroma format and bit depths (§7.3.2.1.1).
bool has_chroma_fields(std::uint8_t profile_idc) {
    static constexpr std::uint8_t kProfiles[] = {100, 110, 122, 244, 44,  83, 86,
                                                 118, 128, 138, 139, 134, 135};
    return std::ranges::find(kProfiles, profile_idc) != std::end(kProfiles);
}

void skip_scaling_list(BitReader& reader, int size) {
    int last = 8;
    int next = 8;
    for (int i = 0; i < size && next != 0 && !reader.failed(); ++i) {
        auto const delta = reader.se();
        if (delta < -128 || delta > 127) return reader.fail();
        next = (last + delta + 256) % 256;
        if (next != 0) last = next;
    }
}

bool read_chroma(BitReader& reader, VideoFormat& format) {
    auto const chroma = reader.ue();
    auto const separate_planes = chroma == 3 && reader.flag();
    auto const luma = reader.ue();
    auto const depth_chroma = reader.ue();
    if (chroma > 3 || luma > 6 || depth_chroma > 6) reader.fail();
    if (reader.failed()) return false;
    format.chroma_format = static_cast<std::uint8_t>(chroma);
    format.bit_depth_luma = static_cast<std::uint8_t>(8 + luma);
    format.bit_depth_chroma = static_cast<std::uint8_t>(8 + depth_chroma);
    reader.flag();  // qpprime_y_zero_transform_bypass
    if (reader.flag()) {
        auto const lists = chroma == 3 ? 12 : 8;
        for (int i = 0; i < lists; ++i) {
            if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
        }
    }
    return separate_planes;
}

// Returns pic_order_cnt_type.
std::uint32_t skip_picture_order(BitReader& reader) {
    auto const type = reader.ue();
    if (type == 0) {
        reader.ue();
    } else if (type == 1) {
        reader.flag();
        reader.se();
        reader.se();
        auto const cycle = reader.ue();
        if (cycle > kMaxPocCycle) reader.fail();
        for (std::uint32_t i = 0; i < cycle && !reader.failed(); ++i) reader.se();
    } else if (type > 2) {
        reader.fail();
    }
    return type;
}

void read_dimensions(BitReader& reader, VideoFormat& format, bool separate_planes) {
    auto const width = (std::uint64_t{reader.ue()} + 1) * 16;
    auto const map_units = std::uint64_t{reader.ue()} + 1;
    auto const frames_only = reader.flag();
    if (!frames_only) reader.flag();  // mb_adaptive_frame_field
    reader.flag();                    // direct_8x8_inference
    auto const field_factor = frames_only ? std::uint64_t{1} : std::uint64_t{2};
    auto const height = map_units * 16 * field_factor;

    std::uint64_t left = 0, right = 0, top = 0, bottom = 0;
    if (reader.flag()) {
        left = reader.ue();
        right = reader.ue();
        top = reader.ue();
        bottom = reader.ue();
    }
    auto const chroma = separate_planes ? 0 : format.chroma_format;
    auto const unit_x = std::uint64_t{chroma == 1 || chroma == 2 ? 2U : 1U};
    auto const unit_y = std::uint64_t{chroma == 1 ? 2U : 1U} * field_factor;
    format.width = detail::cropped_side(width, unit_x, left, right);
    format.height = detail::cropped_side(height, unit_y, top, bottom);
}

void skip_to_timing(BitReader& reader) {
    if (reader.flag() && reader.bits(8) == 255) reader.bits(32);  // extended sample aspect ratio
    if (reader.flag()) reader.flag();                             // overscan
    if (reader.flag()) {                                          // video signal type
        reader.bits(4);
        if (reader.flag()) reader.bits(24);
    }
    if (reader.flag()) {  // chroma sample location
        reader.ue();
        reader.ue();
    }
}

void skip_hrd(BitReader& reader) {
    auto const count = reader.ue() + std::uint64_t{1};
    if (count > kMaxHrdCount) return reader.fail();
    reader.skip(8);  // bit_rate_scale, cpb_size_scale
    for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
        reader.ue();
        reader.ue();
        reader.flag();
    }
    reader.skip(20);  // lengths of delays
}

// From the HRD parameters to max_num_reorder_frames (annex E.1.1).
std::optional<std::uint8_t> read_reorder_depth(BitReader& reader) {
    auto const nal_hrd = reader.flag();
    if (nal_hrd) skip_hrd(reader);
    auto const vcl_hrd = reader.flag();
    if (vcl_hrd) skip_hrd(reader);
    if (nal_hrd || vcl_hrd) reader.flag();    // low_delay_hrd
    reader.flag();                            // pic_struct_present
    if (!reader.flag()) return std::nullopt;  // bitstream_restriction
    reader.flag();                            // motion_vectors_over_pic_boundaries
    for (int i = 0; i < 4; ++i) reader.ue();  // up to log2_max_mv_length_vertical
    auto const depth = reader.ue();
    if (reader.failed() || depth > kMaxReorderDepth) return std::nullopt;
    return static_cast<std::uint8_t>(depth);
}

// Encoders make mistakes in the VUI. What cannot be read of it is unknown; the SPS is still good.
void read_vui(BitReader& reader, VideoFormat& format) {
    if (!reader.flag()) return;
    skip_to_timing(reader);
    if (reader.flag()) {
        auto const units_in_tick = reader.bits(32);
        auto const time_scale = reader.bits(32);
        reader.flag();  // fixed_frame_rate
        bool const known = !reader.failed() && units_in_tick != 0 && time_scale != 0;
        if (known) format.fps = time_scale / (2.0 * units_in_tick);
    }
    format.reorder_depth = read_reorder_depth(reader);
}

// In these streams pictures are shown in the order of decoding, whatever the VUI says.
bool never_reorders(std::uint8_t profile_idc, std::uint32_t pic_order_cnt_type) {
    constexpr std::uint8_t kBaseline = 66;  // has no B slices
    return profile_idc == kBaseline || pic_order_cnt_type == 2;
}

}  // namespace

std::expected<VideoFormat, Error> parse_h264_sps(base::ByteView sps) {
    if (nal_role(Codec::h264, sps) != NalRole::sps) return fail("invalid SPS: not an SPS");
    if (sps.size() > kMaxSpsSize) return fail("invalid SPS: too big");
    auto const rbsp = remove_emulation_prevention(sps);
    BitReader reader(rbsp);
    reader.skip(8);
    auto const profile_idc = static_cast<std::uint8_t>(reader.bits(8));
    reader.skip(8);  // constraint flags
    auto const level_idc = static_cast<std::uint8_t>(reader.bits(8));
    if (reader.ue() > 31) reader.fail();  // seq_parameter_set_id

    VideoFormat format;
    format.profile = profile_name(profile_idc);
    format.level = level_name(level_idc);
    auto const separate_planes = has_chroma_fields(profile_idc) && read_chroma(reader, format);
    reader.ue();  // log2_max_frame_num
    auto const order_type = skip_picture_order(reader);
    reader.ue();    // max_num_ref_frames
    reader.flag();  // gaps_in_frame_num_value_allowed
    read_dimensions(reader, format, separate_planes);
    if (reader.failed()) return fail("invalid SPS: too short or out of range");
    if (format.width == 0 || format.height == 0)
        return fail("invalid SPS: impossible picture size");
    read_vui(reader, format);
    if (never_reorders(profile_idc, order_type)) format.reorder_depth = 0;
    return format;
}

std::optional<H264SliceSyntax> h264_slice_syntax(base::ByteView sps) {
    if (nal_role(Codec::h264, sps) != NalRole::sps || sps.size() > kMaxSpsSize) return std::nullopt;
    auto const rbsp = remove_emulation_prevention(sps);
    BitReader reader(rbsp);
    reader.skip(8);
    auto const profile_idc = static_cast<std::uint8_t>(reader.bits(8));
    reader.skip(16);  // constraint flags, level
    reader.ue();      // seq_parameter_set_id
    H264SliceSyntax syntax;
    VideoFormat format;
    syntax.separate_planes = has_chroma_fields(profile_idc) && read_chroma(reader, format);
    auto const log2_max_frame_num = reader.ue() + std::uint64_t{4};
    if (log2_max_frame_num > 16) return std::nullopt;
    syntax.frame_num_bits = static_cast<std::uint8_t>(log2_max_frame_num);
    skip_picture_order(reader);
    reader.ue();    // max_num_ref_frames
    reader.flag();  // gaps_in_frame_num_value_allowed
    reader.ue();    // width
    reader.ue();    // height
    syntax.frames_only = reader.flag();
    return reader.failed() ? std::nullopt : std::optional(syntax);
}

}  // namespace tidegate::media
