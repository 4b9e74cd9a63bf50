#include "rtp/depacketizer.hpp"

#include <algorithm>

#include "base/timestamp_unwrapper.hpp"
#include "media/sps.hpp"
#include "rtp/assembler.hpp"
#include "rtp/dts_estimator.hpp"
#include "rtp/limits.hpp"
#include "rtp/packet.hpp"

namespace tidegate::rtp {

struct Depacketizer::State {
    State(media::Track&& described, DepacketizerSettings const& chosen)
        : track(std::move(described)), settings(chosen) {
        if (settings.clock_rate == 0) settings.clock_rate = std::max(track.clock_rate(), 1U);
        apply_depth();
        switch (track.codec()) {
            case media::Codec::h264:
                assembler = make_h264_assembler(track, settings.wary_of_markers);
                break;
            case media::Codec::h265:
                assembler = make_h265_assembler(track, settings.wary_of_markers);
                break;
            case media::Codec::aac:
                assembler = settings.aac.latm ? make_latm_assembler()
                                              : make_aac_assembler(track, settings.aac);
                break;
            case media::Codec::mp3:
                assembler = make_mp3_assembler();
                break;
            case media::Codec::opus:
                assembler = make_opus_assembler();
                break;
            case media::Codec::av1:
                assembler = make_av1_assembler(track);
                break;
            case media::Codec::vp9:
                assembler = make_vp9_assembler(track);
                break;
            case media::Codec::ac3:
            case media::Codec::eac3:
                assembler = make_dolby_assembler(track);
                break;
            case media::Codec::flac:
                assembler = make_flac_assembler();
                break;
            case media::Codec::pcma:
            case media::Codec::pcmu:
                assembler = make_g711_assembler(track);
                break;
        }
    }

    void apply_depth() {
        auto const format = media::video_format(track);
        if (format && format->reorder_depth) dts.set_depth(*format->reorder_depth);
    }

    // How the sequence number of a packet follows that of the last one.
    struct Order {
        bool late = false;
        bool gap = false;
        std::uint32_t lost = 0;
    };
    Order follow(PacketView const& packet) {
        if (!started || packet.ssrc != ssrc) {
            bool const replaced = started;
            started = true;
            ssrc = packet.ssrc;
            sequence = packet.sequence;
            return {.gap = replaced};
        }
        auto const step = static_cast<std::uint16_t>(packet.sequence - sequence);
        if (step == 0 || step > 0xFFFF - kMaxMisorder) return {.late = true};
        sequence = packet.sequence;
        if (step > kMaxDropout) return {.gap = true};  // the source began anew
        return {.gap = step > 1, .lost = step - 1U};
    }

    media::Unit unit_of(Assembled&& whole) {
        media::Unit unit;
        unit.track = settings.track;
        unit.keyframe = whole.keyframe;
        unit.new_config = whole.new_config;
        if (unit.new_config) apply_depth();
        unit.payload = std::move(whole.payload);
        auto const ticks = clock.unwrap(whole.rtptime) - clock.first() + whole.delay;
        unit.pts = base::from_ticks(ticks, settings.clock_rate);
        unit.dts = unit.pts;
        if (track.kind() == media::Kind::video) unit.dts = dts.next(unit.pts);
        return unit;
    }

    media::Track track;
    DepacketizerSettings settings;
    std::unique_ptr<Assembler> assembler;
    base::TimestampUnwrapper clock;
    DtsEstimator dts;
    std::vector<Assembled> assembled;  // a member to keep its capacity
    bool started = false;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint64_t lost = 0;
};

Depacketizer::Depacketizer(media::Track track, DepacketizerSettings const& settings)
    : state_(std::make_unique<State>(std::move(track), settings)) {}
Depacketizer::~Depacketizer() = default;
Depacketizer::Depacketizer(Depacketizer&&) noexcept = default;
Depacketizer& Depacketizer::operator=(Depacketizer&&) noexcept = default;

std::expected<Fed, Error> Depacketizer::feed(base::ByteView bytes, std::vector<media::Unit>& out) {
    auto& state = *state_;
    auto const packet = parse_packet(bytes);
    if (!packet) return std::unexpected(packet.error());
    if (packet->payload_type != state.settings.payload_type) {
        return std::unexpected(Error::wrong_payload_type);
    }
    auto const order = state.follow(*packet);
    if (order.late) return std::unexpected(Error::late_or_duplicate);
    state.lost += order.lost;
    if (packet->payload.empty()) return std::unexpected(Error::empty_payload);

    state.assembled.clear();
    auto const fed = state.assembler->feed(*packet, order.gap, state.assembled);
    for (auto& assembled : state.assembled) out.push_back(state.unit_of(std::move(assembled)));
    if (!fed) return std::unexpected(fed.error());
    return Fed{packet->sequence, packet->timestamp, packet->ssrc, order.lost};
}

base::Timestamp Depacketizer::time_of(std::uint32_t rtptime) const {
    return base::from_ticks(state_->clock.nearest(rtptime) - state_->clock.first(),
                            state_->settings.clock_rate);
}

media::Track const& Depacketizer::track() const {
    return state_->track;
}
std::uint64_t Depacketizer::packets_lost() const {
    return state_->lost;
}
std::uint64_t Depacketizer::units_dropped() const {
    return state_->assembler->dropped();
}

}  // namespace tidegate::rtp
