#include "media/hevc_config.hpp"

#include <vector>

#include "media/h265_sps.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

namespace {

// The record's fixed part between its version and its length size.
constexpr std::size_t kFixedSize = 20;
constexpr std::size_t kLengthSizeAt = 1 + kFixedSize;

void read_array(base::ByteReader& reader, std::vector<base::ByteView>& nalus) {
    reader.skip(1);  // the type; each unit's own header says it, too
    auto const count = reader.u16();
    for (unsigned i = 0; i < count && !reader.failed(); ++i) {
        auto const nalu = reader.take(reader.u16());
        if (nalus.size() < kMaxDescribedSets) nalus.push_back(nalu);
    }
}

void write_array(base::ByteWriter& writer, std::uint8_t type,
                 std::vector<base::ByteView> const& nalus) {
    writer.u8(0x80U | type);  // array_completeness: no further ones in-band
    writer.u16(nalus.size());
    for (auto const nalu : nalus) {
        writer.u16(nalu.size());
        writer.bytes(nalu);
    }
}

}  // namespace

std::expected<H265Config, Error> parse_hevc_config(base::ByteView record) {
    base::ByteReader reader(record);
    auto const version = reader.u8();
    reader.skip(kFixedSize);
    reader.skip(1);  // length size
    auto const arrays = reader.u8();
    if (reader.failed()) return fail("invalid HEVC configuration: too short");
    // Version 0 was written by encoders of the draft; the layout is the same.
    if (version > 1) return fail("invalid HEVC configuration: version " + std::to_string(version));
    std::vector<base::ByteView> nalus;
    for (unsigned i = 0; i < arrays && !reader.failed(); ++i) read_array(reader, nalus);
    if (reader.failed()) return fail("invalid HEVC configuration: invalid length");
    return H265Config(ParameterSets(Codec::h265, nalus));
}

std::uint8_t hevc_length_size(base::ByteView record) {
    return (record[kLengthSizeAt] & 3U) + 1;
}

base::Bytes write_hevc_config(H265Config const& config) {
    base::Bytes out;
    auto const sps = parse_h265_sps(config.sets.sps());
    if (!sps) return out;
    base::ByteWriter writer(out);
    writer.u8(1U);
    writer.bytes(sps->general_profile_tier_level);
    writer.u16(0xf000U);  // min_spatial_segmentation: unknown
    writer.u8(0xfcU);     // parallelism: unknown
    writer.u8(0xfcU | sps->format.chroma_format);
    writer.u8(0xf8U | (sps->format.bit_depth_luma - 8U));
    writer.u8(0xf8U | (sps->format.bit_depth_chroma - 8U));
    writer.u16(0U);  // average frame rate: unknown
    writer.u8((unsigned{sps->temporal_layers} & 7U) << 3 | (sps->temporal_id_nested ? 4U : 0U) |
              3U);
    writer.u8(3U);
    write_array(writer, 32, config.sets.described(NalRole::vps));
    write_array(writer, 33, config.sets.described(NalRole::sps));
    write_array(writer, 34, config.sets.described(NalRole::pps));
    return out;
}

}  // namespace tidegate::media
