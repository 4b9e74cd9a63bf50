#include "media/decoder_config.hpp"

#include <vector>

#include "media/nal.hpp"
#include "media/sps.hpp"

namespace tidegate::media {

namespace {

// The place in each record of the byte whose two low bits are the size of a length, minus one.
constexpr std::size_t kAvcLengthSizeAt = 4;
constexpr std::size_t kHevcFixedSize = 20;  // between the version and that byte
constexpr std::size_t kHevcLengthSizeAt = 1 + kHevcFixedSize;

void read_sets(base::ByteReader& reader, unsigned count, std::vector<base::ByteView>& nalus) {
    for (; count > 0 && !reader.failed(); --count) nalus.push_back(reader.take(reader.u16()));
}

void write_sets(base::ByteWriter& writer, std::vector<base::ByteView> const& nalus) {
    for (auto const nalu : nalus) {
        writer.u16(nalu.size());
        writer.bytes(nalu);
    }
}

// The fields behind the sets in the profiles above Main (ISO/IEC 14496-15:2010 §5.2.4.1.1).
void write_chroma(base::ByteWriter& writer, base::ByteView sps) {
    auto const profile = sps[1];
    if (profile != 100 && profile != 110 && profile != 122 && profile != 144) return;
    auto const format = parse_h264_sps(sps).value_or(VideoFormat{});
    writer.u8(0xfcU | format.chroma_format);
    writer.u8(0xf8U | (format.bit_depth_luma - 8U));
    writer.u8(0xf8U | (format.bit_depth_chroma - 8U));
    writer.u8(0U);  // no SPS extensions
}

void read_array(base::ByteReader& reader, std::vector<base::ByteView>& nalus) {
    reader.skip(1);  // the type, which each unit's own header repeats
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
    write_sets(writer, nalus);
}

}  // namespace

std::expected<H264Config, Error> parse_avc_config(base::ByteView record) {
    base::ByteReader reader(record);
    auto const version = reader.u8();
    reader.skip(4);  // profile, compatibility, level: repeated in the SPS; length size
    auto const sps_count = reader.u8() & 0x1fU;
    if (reader.failed()) return fail("invalid AVC configuration: too short");
    if (version != 1) return fail("invalid AVC configuration: version " + std::to_string(version));
    std::vector<base::ByteView> nalus;
    read_sets(reader, sps_count, nalus);
    read_sets(reader, reader.u8(), nalus);
    if (reader.failed()) return fail("invalid AVC configuration: invalid length");
    return H264Config(ParameterSets(Codec::h264, nalus));
}

std::uint8_t avc_length_size(base::ByteView record) {
    return (record[kAvcLengthSizeAt] & 3U) + 1;
}

base::Bytes write_avc_config(H264Config const& config) {
    base::Bytes out;
    auto const sps = config.sets.described(NalRole::sps);
    auto const pps = config.sets.described(NalRole::pps);
    if (sps.empty()) return out;
    base::ByteWriter writer(out);
    writer.u8(1U);
    writer.bytes(sps.front().subspan(1, 3));
    writer.u8(0xffU);  // length size 4
    writer.u8(0xe0U | sps.size());
    write_sets(writer, sps);
    writer.u8(pps.size());
    write_sets(writer, pps);
    write_chroma(writer, sps.front());
    return out;
}

H264Config default_h264_config() {
    return {
        {0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10, 0x00,
         0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc8, 0xf1, 0x83, 0x2a},
        {0x68, 0xce, 0x0f, 0xc8},
    };
}

std::expected<H265Config, Error> parse_hevc_config(base::ByteView record) {
    base::ByteReader reader(record);
    auto const version = reader.u8();
    reader.skip(kHevcFixedSize);
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
    return (record[kHevcLengthSizeAt] & 3U) + 1;
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
