#include "media/hevc_config.hpp"

#include "media/h265_sps.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

namespace {

constexpr unsigned kLengthSize = 4;
// The record's fixed part between its version and its array count, less the length size.
constexpr std::size_t kFixedSize = 20;

base::Bytes* slot(H265Config& config, NalRole role) {
    switch (role) {
        case NalRole::vps:
            return &config.vps;
        case NalRole::sps:
            return &config.sps;
        case NalRole::pps:
            return &config.pps;
        default:
            return nullptr;
    }
}

void read_array(base::ByteReader& reader, H265Config& config) {
    reader.skip(1);  // the type; each unit's own header says it, too
    auto const count = reader.u16();
    for (unsigned i = 0; i < count && !reader.failed(); ++i) {
        auto const nalu = reader.take(reader.u16());
        auto* const set = slot(config, nal_role(Codec::h265, nalu));
        if (set != nullptr && set->empty()) set->assign(nalu.begin(), nalu.end());
    }
}

void write_array(base::ByteWriter& writer, std::uint8_t type, base::Bytes const& nalu) {
    writer.u8(0x80U | type);  // array_completeness: no further ones in-band
    writer.u16(1U);
    writer.u16(nalu.size());
    writer.bytes(nalu);
}

}  // namespace

std::expected<H265Config, Error> parse_hevc_config(base::ByteView record) {
    base::ByteReader reader(record);
    auto const version = reader.u8();
    reader.skip(kFixedSize);
    auto const length_size = (reader.u8() & 3U) + 1;
    auto const arrays = reader.u8();
    if (reader.failed()) return fail("invalid HEVC configuration: too short");
    // Version 0 was written by encoders of the draft; the layout is the same.
    if (version > 1) return fail("invalid HEVC configuration: version " + std::to_string(version));
    if (length_size != kLengthSize) {
        return fail("invalid HEVC configuration: unsupported length size " +
                    std::to_string(length_size));
    }
    H265Config config;
    for (unsigned i = 0; i < arrays && !reader.failed(); ++i) read_array(reader, config);
    if (reader.failed()) return fail("invalid HEVC configuration: invalid length");
    if (config.vps.empty()) return fail("invalid HEVC configuration: no VPS");
    if (config.sps.empty()) return fail("invalid HEVC configuration: no SPS");
    if (config.pps.empty()) return fail("invalid HEVC configuration: no PPS");
    return config;
}

base::Bytes write_hevc_config(H265Config const& config) {
    base::Bytes out;
    auto const sps = parse_h265_sps(config.sps);
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
    write_array(writer, 32, config.vps);
    write_array(writer, 33, config.sps);
    write_array(writer, 34, config.pps);
    return out;
}

}  // namespace tidegate::media
