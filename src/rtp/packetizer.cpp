#include "rtp/packetizer.hpp"

#include <algorithm>

#include "media/avcc.hpp"
#include "media/limits.hpp"
#include "rtp/payload_layouts.hpp"
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
    return track.codec() == media::Codec::mp3 ? 14 : static_cast<std::uint8_t>(96 + index);
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

bool Packetizer::collect(media::Unit const& unit) {
    if (auto const* const sets = track_.parameter_sets()) {
        return collect_nalus(unit.payload.view(), *sets);
    }
    switch (track_.codec()) {
        case media::Codec::aac:
            return unit.payload.size() <= kMaxAacUnit;
        case media::Codec::mp3:
            return unit.payload.size() <= kMaxMp3Unit;
        default:
            return unit.payload.size() <= kMaxOpusUnit;
    }
}

template <class Out>
void Packetizer::emit(Out& out, media::Unit const& unit) const {
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
