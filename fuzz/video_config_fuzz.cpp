// The first byte chooses: an AVC or HEVC configuration record, an SPS of either, an access unit, a
// byte stream, parameter sets of either codec one after the other, a publisher's access unit with
// lengths of any size, AV1's record, sequence header or temporal unit, VP9's record or key frame.
#include <cstdint>

#include "checks.hpp"
#include "media/access_unit.hpp"
#include "media/av1.hpp"
#include "media/avcc.hpp"
#include "media/codecs_parameter.hpp"
#include "media/decoder_config.hpp"
#include "media/parameter_sets.hpp"
#include "media/sps.hpp"
#include "media/vp9.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

void sane(media::VideoFormat const& format) {
    require(format.width > 0 && format.width <= media::kMaxPictureSide);
    require(format.height > 0 && format.height <= media::kMaxPictureSide);
    require(format.fps >= 0 && !format.profile.empty() && !format.level.empty());
}

void avc(base::ByteView bytes) {
    auto const config = media::parse_avc_config(bytes);
    if (!config) return;
    auto const length_size = media::avc_length_size(bytes);
    require(length_size >= 1 && length_size <= 4);
    auto const record = media::write_avc_config(*config);
    require(record.empty() || media::parse_avc_config(record) == config);
}

void hevc(base::ByteView bytes) {
    auto const config = media::parse_hevc_config(bytes);
    if (!config) return;
    auto const record = media::write_hevc_config(*config);
    require(record.empty() || media::parse_hevc_config(record) == config);
}

void avcc(base::ByteView bytes) {
    auto const summary = media::inspect_avcc(media::Codec::h264, bytes);
    if (summary) require(summary->nalus <= media::kMaxNalus);
    media::contains_keyframe(media::Codec::h265, bytes);
}

void annex_b(base::ByteView bytes) {
    auto const payload = media::annex_b_to_avcc(bytes);
    if (payload && payload->size() <= media::kMaxUnit) {
        require(media::inspect_avcc(media::Codec::h264, *payload).has_value());
    }
}

// Each behind its length of one byte.
void sets(media::Codec codec, base::ByteView bytes) {
    media::ParameterSets sets(codec);
    base::ByteReader reader(bytes);
    while (reader.remaining() > 0) {
        auto const nalu = reader.take(reader.u8());
        if (reader.failed()) break;
        require(!media::parameter_set_id(codec, nalu) || nalu.size() > 1);
        sets.put(nalu);
        require(!sets.put(nalu));
    }
    std::size_t total = 0;
    for (auto const& set : sets.all()) total += set.nalu.size();
    require(total <= media::kMaxParameterSetBytes);
    require(sets.of(media::NalRole::sps).size() <= media::kMaxSequenceSets);
    require(sets.of(media::NalRole::pps).size() <= media::kMaxPictureSets);
    media::ParameterSets again(codec);
    again.put(sets);
    require(again == sets && sets.covers(again));
}

void access_unit(media::Codec codec, base::ByteView bytes) {
    if (bytes.empty()) return;
    auto const payload = base::SharedBytes::copy_of(bytes.subspan(1));
    auto const unit = media::read_access_unit(codec, payload, bytes[0] % 4U + 1U);
    if (!unit) return;
    auto const summary = media::inspect_avcc(codec, unit->payload.view());
    require(summary && summary->nalus == unit->summary.nalus);
}

void av1_record(base::ByteView bytes) {
    auto const config = media::parse_av1_config(bytes);
    if (!config) return;
    auto const record = media::write_av1_config(*config);
    require(record.empty() == config->sequence_header.empty());
    require(record.empty() || media::parse_av1_config(record) == config);
    media::Track const track{*config};
    if (auto const format = media::video_format(track)) sane(*format);
    require(media::codecs_parameter(track).empty() == record.empty());
}

void av1_unit(base::ByteView bytes) {
    auto const unit = media::read_temporal_unit(base::SharedBytes::copy_of(bytes));
    if (!unit) return;
    require(unit->payload.size() <= media::kMaxUnit);
    auto const again = media::read_temporal_unit(unit->payload);
    require(again && again->payload.size() == unit->payload.size() &&
            again->keyframe == unit->keyframe);
    media::Track track{media::Av1Config{}};
    bool const learned = media::learn_configuration(track, unit->payload.view());
    require(learned == track.configured() && (!learned || unit->sequence_header));
    require(!media::learn_configuration(track, unit->payload.view()));
}

void vp9(base::ByteView bytes) {
    if (auto const config = media::parse_vp9_config(bytes)) {
        require(media::parse_vp9_config(media::write_vp9_config(*config)).has_value());
    }
    media::Track track{media::Vp9Config{}};
    if (!media::learn_configuration(track, bytes)) return;
    require(media::is_vp9_keyframe(bytes) && track.configured());
    sane(*media::video_format(track));
    require(!media::learn_configuration(track, bytes));
}

// The codecs that came later have the values from 8 to 10, so that the older corpus keeps its
// meaning.
unsigned choice(std::uint8_t first) {
    return first >= 8 && first <= 10 ? first : first % 8U;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    base::ByteView const bytes{data + 1, size - 1};
    auto const codec = data[0] < 128 ? media::Codec::h264 : media::Codec::h265;
    switch (choice(data[0])) {
        case 0:
            avc(bytes);
            break;
        case 1:
            hevc(bytes);
            break;
        case 2:
            if (auto const format = media::parse_h264_sps(bytes)) sane(*format);
            break;
        case 3:
            if (auto const sps = media::parse_h265_sps(bytes)) sane(sps->format);
            break;
        case 4:
            avcc(bytes);
            break;
        case 5:
            annex_b(bytes);
            break;
        case 6:
            sets(codec, bytes);
            break;
        case 8:
            av1_record(bytes);
            break;
        case 9:
            av1_unit(bytes);
            break;
        case 10:
            vp9(bytes);
            break;
        default:
            access_unit(codec, bytes);
    }
    return 0;
}
