#include "media/av1.hpp"

#include <utility>

#include "media/bit_reader.hpp"
#include "media/limits.hpp"
#include "media/sps.hpp"

namespace tidegate::media {

namespace {

constexpr unsigned kVersionAndMarker = 0x81;
constexpr std::size_t kRecordHeader = 4;

// A sequence header with 32 operating points has less than 300 bytes.
constexpr std::size_t kMaxSequenceHeader = 1024;

// Identity with these primaries and this transfer is RGB, which has no subsampling.
constexpr std::uint8_t kPrimariesBt709 = 1;
constexpr std::uint8_t kTransferSrgb = 13;
constexpr std::uint8_t kMatrixIdentity = 0;

struct DecoderModel {
    bool present = false;
    unsigned buffer_delay_bits = 0;
};

void read_timing(BitReader& reader, Av1Sequence& out, DecoderModel& model) {
    auto const units = reader.bits(32);
    auto const scale = reader.bits(32);
    if (reader.flag()) {  // equal_picture_interval
        auto const ticks = std::uint64_t{reader.ue()} + 1;
        if (units != 0) out.fps = double(scale) / double(units) / double(ticks);
    }
    model.present = reader.flag();
    if (!model.present) return;
    model.buffer_delay_bits = reader.bits(5) + 1;
    reader.skip(32 + 5 + 5);
}

void read_operating_points(BitReader& reader, Av1Sequence& out) {
    DecoderModel model;
    if (reader.flag()) read_timing(reader, out, model);
    auto const initial_delays = reader.flag();
    auto const count = reader.bits(5) + 1;
    for (unsigned i = 0; i < count; ++i) {
        reader.skip(12);  // operating_point_idc
        auto const level = static_cast<std::uint8_t>(reader.bits(5));
        auto const tier = static_cast<std::uint8_t>(level > 7 ? reader.bits(1) : 0);
        if (i == 0) {
            out.level = level;
            out.tier = tier;
        }
        if (model.present && reader.flag()) reader.skip(2 * model.buffer_delay_bits + 1);
        if (initial_delays && reader.flag()) reader.skip(4);
    }
}

// The switches between the picture's size and its colours.
void skip_tools(BitReader& reader, bool reduced) {
    if (!reduced && reader.flag()) reader.skip(4 + 3);  // frame ids
    reader.skip(3);
    if (!reduced) {
        reader.skip(4);
        auto const order_hint = reader.flag();
        if (order_hint) reader.skip(2);
        // Screen content tools are forced off, forced on, or chosen by picture.
        auto const forced_off = !reader.flag() && !reader.flag();
        if (!forced_off && !reader.flag()) reader.skip(1);  // integer motion vectors
        if (order_hint) reader.skip(3);
    }
    reader.skip(3);
}

void read_subsampling(BitReader& reader, Av1Sequence& out) {
    if (out.profile == 1) {
        out.subsampling_x = out.subsampling_y = false;
    } else if (out.profile == 2) {
        out.subsampling_x = out.bit_depth < 12 || reader.flag();
        out.subsampling_y = out.bit_depth == 12 && out.subsampling_x && reader.flag();
    }
}

void read_colors(BitReader& reader, Av1Sequence& out) {
    auto const high = reader.flag();
    auto const twelve = out.profile == 2 && high && reader.flag();
    out.bit_depth = twelve ? 12 : high ? 10 : 8;
    out.monochrome = out.profile != 1 && reader.flag();
    out.color_described = reader.flag();
    if (out.color_described) {
        out.color_primaries = static_cast<std::uint8_t>(reader.bits(8));
        out.transfer_characteristics = static_cast<std::uint8_t>(reader.bits(8));
        out.matrix_coefficients = static_cast<std::uint8_t>(reader.bits(8));
    }
    bool const rgb = out.color_primaries == kPrimariesBt709 &&
                     out.transfer_characteristics == kTransferSrgb &&
                     out.matrix_coefficients == kMatrixIdentity;
    if (out.monochrome) {
        out.full_range = reader.flag();
    } else if (rgb) {
        out.full_range = true;
        out.subsampling_x = out.subsampling_y = false;
    } else {
        out.full_range = reader.flag();
        read_subsampling(reader, out);
        if (out.subsampling_x && out.subsampling_y) {
            out.chroma_sample_position = static_cast<std::uint8_t>(reader.bits(2));
        }
    }
}

}  // namespace

std::expected<Av1Sequence, Error> parse_av1_sequence(base::ByteView payload) {
    BitReader reader(payload);
    Av1Sequence out;
    out.profile = static_cast<std::uint8_t>(reader.bits(3));
    reader.skip(1);  // still_picture
    out.reduced_still_picture = reader.flag();
    if (out.reduced_still_picture) {
        out.level = static_cast<std::uint8_t>(reader.bits(5));
    } else {
        read_operating_points(reader, out);
    }
    auto const width_bits = reader.bits(4) + 1;
    auto const height_bits = reader.bits(4) + 1;
    out.width = reader.bits(width_bits) + 1;
    out.height = reader.bits(height_bits) + 1;
    skip_tools(reader, out.reduced_still_picture);
    read_colors(reader, out);
    if (reader.failed()) return fail("invalid AV1 sequence header: too short");
    if (out.profile > 2) return fail("invalid AV1 sequence header: invalid profile");
    if (out.width > kMaxPictureSide || out.height > kMaxPictureSide) {
        return fail("invalid AV1 sequence header: picture is too large");
    }
    return out;
}

std::optional<Av1Sequence> av1_sequence(Av1Config const& config) {
    auto const obu = read_obu(config.sequence_header);
    if (!obu || obu->type != ObuType::sequence_header) return std::nullopt;
    auto sequence = parse_av1_sequence(obu->payload);
    return sequence ? std::optional(*sequence) : std::nullopt;
}

std::expected<Av1Config, Error> parse_av1_config(base::ByteView record) {
    if (record.size() < kRecordHeader) return fail("invalid AV1 configuration: too short");
    if (record[0] != kVersionAndMarker) return fail("invalid AV1 configuration: invalid version");
    Av1Config config;
    ObuReader obus(record.subspan(kRecordHeader));
    while (auto const obu = obus.next()) {
        if (obu->type != ObuType::sequence_header || obu->payload.size() > kMaxSequenceHeader) {
            continue;
        }
        if (auto const read = parse_av1_sequence(obu->payload); !read) {
            return std::unexpected(read.error());
        }
        config.sequence_header.clear();
        append_obu(config.sequence_header, *obu);
    }
    if (obus.failed()) return fail("invalid AV1 configuration: invalid OBU");
    return config;
}

base::Bytes write_av1_config(Av1Config const& config) {
    auto const read = av1_sequence(config);
    if (!read) return {};
    auto const& sequence = *read;
    auto const bit = [](bool value, unsigned at) { return value ? 1U << at : 0U; };
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.u8(kVersionAndMarker);
    writer.u8(unsigned{sequence.profile} << 5 | sequence.level);
    writer.u8(unsigned{sequence.tier} << 7 | bit(sequence.bit_depth > 8, 6) |
              bit(sequence.bit_depth == 12, 5) | bit(sequence.monochrome, 4) |
              bit(sequence.subsampling_x, 3) | bit(sequence.subsampling_y, 2) |
              sequence.chroma_sample_position);
    writer.u8(0U);  // no initial delay
    writer.bytes(config.sequence_header);
    return out;
}

void Av1Keyframe::note(Obu const& obu) {
    if (obu.type == ObuType::sequence_header) {
        sequence_header_ = true;
        still_ = obu.payload.size() > 1 && (obu.payload[0] & 8) != 0;
    }
    if (decided_ || (obu.type != ObuType::frame && obu.type != ObuType::frame_header)) return;
    decided_ = true;
    // show_existing_frame 0, frame_type KEY_FRAME, show_frame 1
    keyframe_ = still_ || (!obu.payload.empty() && (obu.payload[0] & 0xf0) == 0x10);
}

std::expected<TemporalUnit, Error> read_temporal_unit(base::SharedBytes payload) {
    TemporalUnit unit;
    Av1Keyframe keyframe;
    std::size_t count = 0;
    std::size_t leading = 0;  // bytes in front of the first OBU that is carried
    bool plain = true;        // the bytes behind `leading` have our form
    base::Bytes converted;
    ObuReader obus(payload.view());
    while (auto const obu = obus.next()) {
        if (++count > kMaxObus) return fail("AV1 temporal unit has too many OBUs");
        auto const offset = static_cast<std::size_t>(obu->whole.data() - payload.data());
        bool const carried = is_carried(obu->type);
        if (plain && !carried && offset == leading) {
            leading += obu->whole.size();
        } else if (plain && (!carried || !obu->has_size())) {
            plain = false;
            auto const before = payload.view().subspan(leading, offset - leading);
            converted.assign(before.begin(), before.end());
        }
        if (!carried) continue;
        keyframe.note(*obu);
        if (!plain) append_obu(converted, *obu);
    }
    if (obus.failed()) return fail("invalid AV1 temporal unit: invalid OBU");
    unit.keyframe = keyframe.keyframe();
    unit.sequence_header = keyframe.sequence_header();
    if (converted.size() > kMaxUnit) return fail("access unit is too big");
    unit.payload = plain ? payload.slice(leading) : base::SharedBytes::copy_of(converted);
    return unit;
}

base::ByteView find_av1_sequence(base::ByteView payload) {
    ObuReader obus(payload);
    while (auto const obu = obus.next()) {
        if (obu->type == ObuType::sequence_header && obu->payload.size() <= kMaxSequenceHeader) {
            return obu->whole;
        }
    }
    return {};
}

}  // namespace tidegate::media
