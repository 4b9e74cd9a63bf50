#include "media/avc_config.hpp"

#include <array>

#include "media/h264_sps.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

namespace {

constexpr unsigned kAvcLengthSize = 4;
// Header, profile, constraints, level: what the record itself repeats.
constexpr std::size_t kMinSpsSize = 4;

// Reads count length-prefixed units and keeps the first one of the wanted role.
base::Bytes first_of(base::ByteReader& reader, unsigned count, NalRole wanted) {
    base::Bytes kept;
    for (unsigned i = 0; i < count && !reader.failed(); ++i) {
        auto const nalu = reader.take(reader.u16());
        if (kept.empty() && nal_role(Codec::h264, nalu) == wanted)
            kept.assign(nalu.begin(), nalu.end());
    }
    return kept;
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

}  // namespace

std::expected<H264Config, Error> parse_avc_config(base::ByteView record) {
    base::ByteReader reader(record);
    auto const version = reader.u8();
    reader.skip(3);  // profile, compatibility, level: repeated in the SPS
    auto const length_size = (reader.u8() & 3U) + 1;
    auto const sps_count = reader.u8() & 0x1fU;
    if (reader.failed()) return fail("invalid AVC configuration: too short");
    if (version != 1) return fail("invalid AVC configuration: version " + std::to_string(version));
    if (length_size != kAvcLengthSize) {
        return fail("invalid AVC configuration: unsupported length size " +
                    std::to_string(length_size));
    }
    H264Config config;
    config.sps = first_of(reader, sps_count, NalRole::sps);
    config.pps = first_of(reader, reader.u8(), NalRole::pps);
    if (reader.failed()) return fail("invalid AVC configuration: invalid length");
    if (config.sps.size() < kMinSpsSize) return fail("invalid AVC configuration: no SPS");
    if (config.pps.empty()) return fail("invalid AVC configuration: no PPS");
    return config;
}

base::Bytes write_avc_config(H264Config const& config) {
    base::Bytes out;
    if (config.sps.size() < kMinSpsSize) return out;
    base::ByteWriter writer(out);
    writer.u8(1U);
    writer.bytes(base::ByteView(config.sps).subspan(1, 3));
    writer.u8(0xffU);  // length size 4
    writer.u8(0xe0U | 1U);
    writer.u16(config.sps.size());
    writer.bytes(config.sps);
    writer.u8(config.pps.empty() ? 0U : 1U);
    if (!config.pps.empty()) {
        writer.u16(config.pps.size());
        writer.bytes(config.pps);
    }
    write_chroma(writer, config.sps);
    return out;
}

H264Config default_h264_config() {
    return {
        .sps = {0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10, 0x00,
                0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc8, 0xf1, 0x83, 0x2a},
        .pps = {0x68, 0xce, 0x0f, 0xc8},
    };
}

}  // namespace tidegate::media
