#include "rtp/packetizer.hpp"

#include <algorithm>

#include "media/limits.hpp"
#include "rtp/audio_packets.hpp"
#include "rtp/nal_packets.hpp"
#include "rtp/train_writer.hpp"

namespace tidegate::rtp {

namespace {

// A slot of the stored configuration and what the unit says; true when it changed.
bool remember(base::Bytes& stored, base::ByteView seen) {
    if (std::ranges::equal(stored, seen)) return false;
    stored.assign(seen.begin(), seen.end());
    return true;
}

bool remember_parameter_set(media::H264Config& config, NalRole role, base::ByteView nalu) {
    return remember(role == NalRole::sps ? config.sps : config.pps, nalu);
}
bool remember_parameter_set(media::H265Config& config, NalRole role, base::ByteView nalu) {
    if (role == NalRole::vps) return remember(config.vps, nalu);
    return remember(role == NalRole::sps ? config.sps : config.pps, nalu);
}

// Splits the AU; parameter sets go to `config`, delimiters nowhere, the rest to `nalus`.
struct Split {
    bool valid = true;
    bool intra = false;
    bool config_changed = false;
};
template <class Nal, class Config>
Split split_unit(base::ByteView payload, Config& config, std::vector<base::ByteView>& nalus) {
    Split split;
    auto const most = nalus.size() + media::kMaxNalus;
    while (auto const nalu = next_nalu(payload)) {
        if (nalu->size() <= Nal::kNalHeader) continue;  // nothing behind the header: no content
        switch (auto const role = Nal::role(*nalu)) {
            case NalRole::vps:
            case NalRole::sps:
            case NalRole::pps:
                split.config_changed |= remember_parameter_set(config, role, *nalu);
                continue;
            case NalRole::delimiter:
                continue;
            case NalRole::intra:
                split.intra = true;
                break;
            default:
                break;
        }
        if (nalus.size() == most) return {.valid = false};
        nalus.push_back(*nalu);
    }
    split.valid = payload.empty();
    return split;
}

bool complete(media::H264Config const& config) {
    return !config.sps.empty() && !config.pps.empty();
}
bool complete(media::H265Config const& config) {
    return !config.vps.empty() && !config.sps.empty() && !config.pps.empty();
}

template <class Nal, class Config>
bool collect(base::ByteView payload, Config& config, bool& changed,
             std::vector<base::ByteView>& nalus) {
    constexpr bool kHasVps = std::same_as<Config, media::H265Config>;
    nalus.assign(kHasVps ? 3 : 2, {});  // room in front for the stored parameter sets
    auto const split = split_unit<Nal>(payload, config, nalus);
    changed |= split.config_changed;
    if (!split.valid) return false;
    if (!split.intra || !complete(config)) {
        nalus.erase(nalus.begin(), nalus.begin() + (kHasVps ? 3 : 2));
    } else {
        auto at = nalus.begin();
        if constexpr (kHasVps) *at++ = config.vps;
        *at++ = config.sps;
        *at = config.pps;
    }
    return !nalus.empty();
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

// False: nothing to send.
bool Packetizer::collect_nalus(media::Unit const& unit) {
    if (auto* const h264 = std::get_if<media::H264Config>(&track_.config)) {
        return collect<H264Nal>(unit.payload.view(), *h264, config_changed_, nalus_);
    }
    if (auto* const h265 = std::get_if<media::H265Config>(&track_.config)) {
        return collect<H265Nal>(unit.payload.view(), *h265, config_changed_, nalus_);
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
    if (unit.payload.empty() || unit.payload.size() > media::kMaxUnit || !collect_nalus(unit))
        return {};
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
