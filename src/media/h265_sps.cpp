// The sequence parameter set of H.265.
#include "media/bit_reader.hpp"
#include "media/nal.hpp"
#include "media/sps.hpp"

namespace tidegate::media {

namespace {

// A longer one is no parameter set.
constexpr std::size_t kMaxSpsSize = 4096;
constexpr unsigned kMaxSubLayersMinus1 = 6;

std::string profile_name(std::uint8_t profile_idc) {
    switch (profile_idc) {
        case 1:
            return "Main";
        case 2:
            return "Main 10";
        case 3:
            return "Main Still Picture";
        case 4:
            return "Rext";
        case 5:
            return "High Throughput";
        case 9:
            return "SCC";
        default:
            return std::to_string(profile_idc);
    }
}

// general_level_idc is thirty times the level.
std::string level_name(std::uint8_t level_idc) {
    auto name = std::to_string(level_idc / 30);
    if (level_idc % 30 != 0) name += "." + std::to_string(level_idc % 30 / 3);
    return name;
}

void skip_sub_layers(BitReader& reader, unsigned max_sub_layers_minus1) {
    std::array<bool, kMaxSubLayersMinus1> profile_present{};
    std::array<bool, kMaxSubLayersMinus1> level_present{};
    for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
        profile_present[i] = reader.flag();
        level_present[i] = reader.flag();
    }
    if (max_sub_layers_minus1 > 0) reader.skip(2 * (8 - max_sub_layers_minus1));
    for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
        if (profile_present[i]) reader.skip(88);
        if (level_present[i]) reader.skip(8);
    }
}

void read_profile(BitReader& reader, H265Sps& sps) {
    for (auto& byte : sps.general_profile_tier_level) {
        byte = static_cast<std::uint8_t>(reader.bits(8));
    }
    sps.format.profile = profile_name(sps.general_profile_tier_level.front() & 0x1f);
    sps.format.level = level_name(sps.general_profile_tier_level.back());
}

void read_dimensions(BitReader& reader, VideoFormat& format) {
    auto const chroma = reader.ue();
    if (chroma > 3) return reader.fail();
    auto const separate_planes = chroma == 3 && reader.flag();
    format.chroma_format = static_cast<std::uint8_t>(chroma);
    auto const width = reader.ue();
    auto const height = reader.ue();
    std::uint64_t left = 0, right = 0, top = 0, bottom = 0;
    if (reader.flag()) {
        left = reader.ue();
        right = reader.ue();
        top = reader.ue();
        bottom = reader.ue();
    }
    auto const effective = separate_planes ? 0 : chroma;
    format.width =
        detail::cropped_side(width, effective == 1 || effective == 2 ? 2 : 1, left, right);
    format.height = detail::cropped_side(height, effective == 1 ? 2 : 1, top, bottom);
}

void read_bit_depths(BitReader& reader, VideoFormat& format) {
    auto const luma = reader.ue();
    auto const chroma = reader.ue();
    if (luma > 8 || chroma > 8) return reader.fail();
    format.bit_depth_luma = static_cast<std::uint8_t>(8 + luma);
    format.bit_depth_chroma = static_cast<std::uint8_t>(8 + chroma);
}

// sps_max_num_reorder_pics of the highest sub-layer. What stands behind the bit depths serves
// nothing else here, so an SPS that ends before it is still good.
std::optional<std::uint8_t> read_reorder_depth(BitReader& reader, unsigned max_sub_layers_minus1) {
    reader.ue();  // log2_max_pic_order_cnt_lsb_minus4
    bool const each_sub_layer = reader.flag();
    std::uint32_t depth = 0;
    for (auto i = each_sub_layer ? 0U : max_sub_layers_minus1; i <= max_sub_layers_minus1; ++i) {
        reader.ue();  // sps_max_dec_pic_buffering_minus1
        depth = reader.ue();
        reader.ue();  // sps_max_latency_increase_plus1
    }
    if (reader.failed() || depth > kMaxReorderDepth) return std::nullopt;
    return static_cast<std::uint8_t>(depth);
}

}  // namespace

std::expected<H265Sps, Error> parse_h265_sps(base::ByteView nalu) {
    if (nal_role(Codec::h265, nalu) != NalRole::sps) return fail("invalid SPS: not an SPS");
    if (nalu.size() > kMaxSpsSize) return fail("invalid SPS: too big");
    auto const rbsp = remove_emulation_prevention(nalu);
    BitReader reader(rbsp);
    reader.skip(16 + 4);  // header, sps_video_parameter_set_id
    auto const max_sub_layers_minus1 = reader.bits(3);
    if (max_sub_layers_minus1 > kMaxSubLayersMinus1)
        return fail("invalid SPS: too many sub-layers");

    H265Sps sps;
    sps.temporal_layers = static_cast<std::uint8_t>(max_sub_layers_minus1 + 1);
    sps.temporal_id_nested = reader.flag();
    read_profile(reader, sps);
    skip_sub_layers(reader, max_sub_layers_minus1);
    if (reader.ue() > 15) reader.fail();  // sps_seq_parameter_set_id
    read_dimensions(reader, sps.format);
    read_bit_depths(reader, sps.format);
    if (reader.failed()) return fail("invalid SPS: too short or out of range");
    if (sps.format.width == 0 || sps.format.height == 0) {
        return fail("invalid SPS: impossible picture size");
    }
    sps.format.reorder_depth = read_reorder_depth(reader, max_sub_layers_minus1);
    return sps;
}

}  // namespace tidegate::media
