#include "media/vp9.hpp"

#include <array>

#include "media/bit_reader.hpp"
#include "media/sps.hpp"

namespace tidegate::media {

namespace {

constexpr std::uint32_t kSyncCode = 0x498342;
constexpr std::uint8_t kVp9RecordVersion = 1;
constexpr unsigned kColorRgb = 7;
constexpr std::uint8_t kVp9Chroma420 = 1;  // colocated with luma, as decoders assume
constexpr std::uint8_t kVp9Chroma422 = 2;
constexpr std::uint8_t kVp9Chroma444 = 3;

struct FrameStart {
    std::uint8_t profile = 0;
    bool keyframe = false;
};

FrameStart read_start(BitReader& reader) {
    FrameStart start;
    if (reader.bits(2) != 2) reader.fail();  // frame_marker
    auto const low = reader.bits(1);
    start.profile = static_cast<std::uint8_t>(reader.bits(1) << 1 | low);
    if (start.profile == 3) reader.skip(1);
    if (reader.flag()) return start;  // show_existing_frame
    start.keyframe = !reader.flag();
    reader.skip(2);  // show_frame, error_resilient_mode
    return start;
}

struct Vp9Colors {
    std::uint8_t primaries, transfer, matrix;
};
// Indexed by color_space (§7.2.2): unknown, BT.601, BT.709, SMPTE 170, SMPTE 240, BT.2020,
// reserved, RGB.
constexpr std::array<Vp9Colors, 8> kVp9Colors{
    {{2, 2, 2}, {5, 6, 5}, {1, 1, 1}, {6, 6, 6}, {7, 7, 7}, {9, 14, 9}, {2, 2, 2}, {1, 13, 0}}};

void read_color_config(BitReader& reader, Vp9Config& out) {
    out.bit_depth = 8;
    if (out.profile >= 2) out.bit_depth = reader.flag() ? 12 : 10;
    auto const space = reader.bits(3);
    auto const& colors = kVp9Colors[space];
    out.color_primaries = colors.primaries;
    out.transfer_characteristics = colors.transfer;
    out.matrix_coefficients = colors.matrix;
    bool const odd = out.profile % 2 == 1;  // profiles other than 4:2:0
    if (space == kColorRgb) {
        out.full_range = true;
        out.chroma_subsampling = kVp9Chroma444;
        if (odd) reader.skip(1);
        return;
    }
    out.full_range = reader.flag();
    out.chroma_subsampling = kVp9Chroma420;
    if (!odd) return;
    auto const x = reader.flag();
    auto const y = reader.flag();
    // 4:4:0 has no number in the record; nobody makes it.
    out.chroma_subsampling = !x ? kVp9Chroma444 : y ? kVp9Chroma420 : kVp9Chroma422;
    reader.skip(1);
}

struct Vp9Level {
    std::uint8_t level;
    std::uint64_t samples_per_second;
    std::uint32_t samples;  // of one picture
};
constexpr std::array<Vp9Level, 14> kVp9Levels{{{10, 829440, 36864},
                                               {11, 2764800, 73728},
                                               {20, 4608000, 122880},
                                               {21, 9216000, 245760},
                                               {30, 20736000, 552960},
                                               {31, 36864000, 983040},
                                               {40, 83558400, 2228224},
                                               {41, 160432128, 2228224},
                                               {50, 311951360, 8912896},
                                               {51, 588251136, 8912896},
                                               {52, 1176502272, 8912896},
                                               {60, 1176502272, 35651584},
                                               {61, 2353004544, 35651584},
                                               {62, 4706009088, 35651584}}};
constexpr std::uint64_t kAssumedRate = 30;  // frames per second

}  // namespace

bool is_vp9_keyframe(base::ByteView unit) {
    BitReader reader(unit);
    auto const start = read_start(reader);
    return start.keyframe && !reader.failed();
}

std::expected<Vp9Config, Error> parse_vp9_keyframe(base::ByteView unit) {
    BitReader reader(unit);
    auto const start = read_start(reader);
    if (reader.failed() || !start.keyframe || reader.bits(24) != kSyncCode) {
        return fail("invalid VP9 key frame");
    }
    Vp9Config config;
    config.profile = start.profile;
    read_color_config(reader, config);
    config.width = reader.bits(16) + 1;
    config.height = reader.bits(16) + 1;
    if (reader.failed()) return fail("invalid VP9 key frame: too short");
    if (config.width > kMaxPictureSide || config.height > kMaxPictureSide) {
        return fail("invalid VP9 key frame: picture is too large");
    }
    return config;
}

std::expected<Vp9Config, Error> parse_vp9_config(base::ByteView record) {
    BitReader reader(record);
    if (reader.bits(8) != kVp9RecordVersion)
        return fail("invalid VP9 configuration: invalid version");
    reader.skip(24);
    Vp9Config config;
    config.profile = static_cast<std::uint8_t>(reader.bits(8));
    config.level = static_cast<std::uint8_t>(reader.bits(8));
    config.bit_depth = static_cast<std::uint8_t>(reader.bits(4));
    config.chroma_subsampling = static_cast<std::uint8_t>(reader.bits(3));
    config.full_range = reader.flag();
    config.color_primaries = static_cast<std::uint8_t>(reader.bits(8));
    config.transfer_characteristics = static_cast<std::uint8_t>(reader.bits(8));
    config.matrix_coefficients = static_cast<std::uint8_t>(reader.bits(8));
    if (reader.failed()) return fail("invalid VP9 configuration: too short");
    if (config.profile > 3) return fail("invalid VP9 configuration: invalid profile");
    return config;
}

base::Bytes write_vp9_config(Vp9Config const& config) {
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.u32(std::uint32_t{kVp9RecordVersion} << 24);
    writer.u8(config.profile);
    writer.u8(vp9_level(config));
    writer.u8(unsigned{config.bit_depth} << 4 | (config.chroma_subsampling & 7U) << 1 |
              (config.full_range ? 1U : 0U));
    writer.u8(config.color_primaries);
    writer.u8(config.transfer_characteristics);
    writer.u8(config.matrix_coefficients);
    writer.u16(0U);  // VP9 has no initialization data
    return out;
}

bool merge_vp9_config(Vp9Config& own, Vp9Config const& fresh) {
    auto merged = fresh;
    if (merged.level == 0) merged.level = own.level;
    if (merged.width == 0) {
        merged.width = own.width;
        merged.height = own.height;
    }
    // What a key frame calls unknown may stand in the record.
    if (merged.color_primaries == 2 && merged.matrix_coefficients == 2) {
        merged.color_primaries = own.color_primaries;
        merged.transfer_characteristics = own.transfer_characteristics;
        merged.matrix_coefficients = own.matrix_coefficients;
    }
    // A key frame does not say where the samples of 4:2:0 lie.
    if (merged.chroma_subsampling <= kVp9Chroma420 && own.chroma_subsampling <= kVp9Chroma420) {
        merged.chroma_subsampling = own.chroma_subsampling;
    }
    if (merged == own) return false;
    own = merged;
    return true;
}

std::uint8_t vp9_level(Vp9Config const& config) {
    if (config.level != 0) return config.level;
    auto const samples = std::uint64_t{config.width} * config.height;
    for (auto const& level : kVp9Levels) {
        if (samples <= level.samples && samples * kAssumedRate <= level.samples_per_second) {
            return level.level;
        }
    }
    return kVp9Levels.back().level;
}

}  // namespace tidegate::media
