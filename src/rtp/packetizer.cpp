#include "rtp/packetizer.hpp"

#include <algorithm>

#include "media/av1.hpp"
#include "media/avcc.hpp"
#include "media/limits.hpp"
#include "media/vp9.hpp"
#include "rtp/train_writer.hpp"

namespace tidegate::rtp {

namespace {

// What is sent of an access unit: its NAL units without parameter sets and delimiters.
struct Split {
    bool valid = true;
    bool keyframe = false;
};
template <media::Codec kCodec>
Split split_unit(base::ByteView payload, std::vector<base::ByteView>& nalus) {
    constexpr auto kHeader =
        kCodec == media::Codec::h264 ? media::kH264NalHeaderSize : media::kH265NalHeaderSize;
    Split split;
    media::AvccReader units(payload);
    while (auto const nalu = units.next()) {
        if (nalu->size() <= kHeader) continue;  // it has no content
        auto const role = media::nal_role(kCodec, *nalu);
        if (media::is_parameter_set(role) || role == media::NalRole::access_unit_delimiter) {
            continue;
        }
        split.keyframe = split.keyframe || role == media::NalRole::keyframe_slice;
        nalus.push_back(*nalu);
    }
    split.valid = !units.failed();
    return split;
}

}  // namespace

std::uint8_t payload_type_of(media::Track const& track, std::size_t index) {
    static_assert(96 + media::kMaxTracks <= 127, "payload types have 7 bits");
    auto const codec = track.codec();
    if (codec == media::Codec::mp3) return 14;
    bool const usual = track.audio_format() == media::AudioFormat{8000, 1};
    if (codec == media::Codec::pcmu && usual) return 0;
    if (codec == media::Codec::pcma && usual) return 8;
    return static_cast<std::uint8_t>(96 + index);
}

Packetizer::Packetizer(media::Track track, PacketizerSettings const& settings)
    : track_(std::move(track)),
      settings_(settings),
      clock_rate_(std::max(track_.clock_rate(), 1U)),
      payload_type_(settings.payload_type != 0 ? settings.payload_type : payload_type_of(track_)),
      next_sequence_(settings.first_sequence) {}

std::uint32_t Packetizer::rtptime_of(base::Timestamp pts) const {
    return static_cast<std::uint32_t>(base::to_ticks(pts, clock_rate_)) +
           settings_.timestamp_offset;
}

void Packetizer::update(media::Track track) {
    track_ = std::move(track);
    clock_rate_ = std::max(track_.clock_rate(), 1U);
    announce_ = true;
}

// Fills nalus_. False: there is nothing to send. The parameter sets are copied only when they are
// sent.
bool Packetizer::collect_nalus(base::ByteView payload, media::ParameterSets const& sets) {
    nalus_.clear();
    auto const split = track_.codec() == media::Codec::h264
                           ? split_unit<media::Codec::h264>(payload, nalus_)
                           : split_unit<media::Codec::h265>(payload, nalus_);
    if (!split.valid || nalus_.empty()) return false;
    bool const announced = std::exchange(announce_, false);
    if ((split.keyframe || announced) && sets.complete()) {
        auto const stored = sets.all();
        auto at = nalus_.insert(nalus_.begin(), stored.size(), {});
        for (auto const& set : stored) *at++ = set.nalu;
    }
    return true;
}

// Fills obus_.
bool Packetizer::collect_obus(media::Unit const& unit) {
    obus_.clear();
    bool has_sequence = false;
    media::ObuReader units(unit.payload.view());
    while (auto const obu = units.next()) {
        if (!media::is_carried(obu->type)) continue;
        has_sequence = has_sequence || obu->type == media::ObuType::sequence_header;
        obus_.push_back(*obu);
        if (obus_.size() > media::kMaxObus) return false;
    }
    if (units.failed() || obus_.empty()) return false;
    bool const announced = std::exchange(announce_, false);
    if (has_sequence || (!unit.keyframe && !announced)) return true;
    auto const& known = std::get<media::Av1Config>(track_.config).sequence_header;
    if (auto const sequence = media::read_obu(known)) obus_.insert(obus_.begin(), *sequence);
    return true;
}

void Packetizer::number_picture(media::Unit const& unit) {
    picture_.id = (picture_.id + 1) & 0x7fff;
    picture_.keyframe = unit.keyframe;
    auto const& config = std::get<media::Vp9Config>(track_.config);
    picture_.width = config.width;
    picture_.height = config.height;
}

bool Packetizer::collect(media::Unit const& unit) {
    if (auto const* const sets = track_.parameter_sets()) {
        return collect_nalus(unit.payload.view(), *sets);
    }
    switch (track_.codec()) {
        case media::Codec::aac:
            return unit.payload.size() <= kMaxAacUnit;
        case media::Codec::mp3:
            return unit.payload.size() <= kMaxMp3Unit;
        case media::Codec::opus:
            return unit.payload.size() <= kMaxOpusUnit;
        case media::Codec::av1:
            return collect_obus(unit);
        case media::Codec::vp9:
            number_picture(unit);
            return true;
        case media::Codec::ac3:
        case media::Codec::eac3:
            return unit.payload.size() <=
                   kMaxDolbyFragments * (settings_.max_payload - kDolbyHeader);
        default:
            return true;
    }
}

template <class Out>
void Packetizer::emit(Out& out, media::Unit const& unit) {
    auto const limit = settings_.max_payload;
    switch (track_.codec()) {
        case media::Codec::h264:
            return emit_nalus<H264Packets>(out, nalus_, limit);
        case media::Codec::h265:
            return emit_nalus<H265Packets>(out, nalus_, limit);
        case media::Codec::aac:
            return emit_aac(out, unit.payload.view(), limit);
        case media::Codec::mp3:
            return emit_mp3(out, unit.payload.view(), limit);
        case media::Codec::opus:
            return emit_opus(out, unit.payload.view());
        case media::Codec::av1:
            return ObuPackets<Out>(out, limit, pieces_, unit.keyframe).emit(obus_);
        case media::Codec::vp9:
            return emit_vp9(out, unit.payload.view(), picture_, limit);
        case media::Codec::ac3:
        case media::Codec::eac3:
            return emit_dolby(out, unit.payload.view(), track_.codec() == media::Codec::eac3,
                              limit);
        case media::Codec::flac:
            return emit_flac(out, unit.payload.view(), limit);
        case media::Codec::pcma:
        case media::Codec::pcmu:
            return emit_g711(out, unit.payload.view(),
                             std::max<std::size_t>(track_.audio_format().channel_count, 1), limit);
    }
}

Train Packetizer::packetize(media::Unit const& unit) {
    if (unit.payload.empty() || unit.payload.size() > media::kMaxUnit || !collect(unit)) return {};
    TrainSize size;
    emit(size, unit);

    Train train;
    train.packets = static_cast<std::uint32_t>(size.packets());
    train.rtp_bytes = static_cast<std::uint32_t>(size.rtp_bytes());
    train.rtptime = rtptime_of(unit.pts);
    train.first_sequence = next_sequence_;
    next_sequence_ = static_cast<std::uint16_t>(next_sequence_ + train.packets);
    train.last_sequence = static_cast<std::uint16_t>(next_sequence_ - 1);

    base::SharedBytesBuilder block(size.wire_bytes());
    TrainWriter writer(
        block.extend(size.wire_bytes()),
        {settings_.channel, payload_type_, train.first_sequence, train.rtptime, settings_.ssrc});
    emit(writer, unit);
    assert(writer.position() == block.view().data() + block.size());
    train.bytes = std::move(block).finish();

    last_rtptime_ = train.rtptime;
    packet_count_ += train.packets;
    octet_count_ += static_cast<std::uint32_t>(size.payload_bytes());
    return train;
}

}  // namespace tidegate::rtp
