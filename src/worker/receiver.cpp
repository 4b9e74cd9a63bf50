#include "worker/receiver.hpp"

#include <utility>
#include <variant>

#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace tidegate::worker {

Receiver::Receiver(std::span<rtsp::ClientTrack const> tracks, Epoch& epoch) : epoch_(epoch) {
    for (auto const& track : tracks) {
        auto const& description = track.description;
        rtp::DepacketizerSettings const settings{.track = track.track,
                                                 .payload_type = description.payload_type,
                                                 .clock_rate = description.clock_rate,
                                                 .aac = description.aac};
        auto& lane = lanes_.emplace_back(rtp::Depacketizer(*description.track, settings),
                                         description.clock_rate);
        if (track.position) lane.play_rtptime = track.position->rtptime;
    }
    unaligned_ = lanes_.size();
}

void Receiver::on_aligned_rtp(std::uint16_t track, base::ByteView packet,
                              std::vector<media::Unit>& out) {
    if (track < lanes_.size()) feed(lanes_[track], packet, out);
}

void Receiver::on_rtp(std::uint16_t track, base::ByteView packet, std::chrono::nanoseconds now,
                      std::vector<media::Unit>& out) {
    if (track >= lanes_.size()) return;
    auto& lane = lanes_[track];
    if (lane.aligned) return feed(lane, packet, out);
    if (lane.held.empty()) lane.held_since = now;
    if (lane.held.size() < kMaxHeldPackets) lane.held.emplace_back(packet.begin(), packet.end());
    align_if_possible(lane, now, out);
}

void Receiver::on_rtcp(std::uint16_t track, base::ByteView packet, std::chrono::nanoseconds now,
                       std::vector<media::Unit>& out) {
    if (track >= lanes_.size()) return;
    auto const reports = rtp::parse_rtcp(packet);
    if (!reports) return;
    auto& lane = lanes_[track];
    for (auto const& report : *reports) {
        auto const* const sender = std::get_if<rtp::SenderReport>(&report);
        if (sender == nullptr || sender->ntp == 0) continue;
        lane.report = {rtp::unix_from_ntp(sender->ntp), sender->rtptime};
        if (!lane.aligned) align_if_possible(lane, now, out);
    }
}

void Receiver::on_time(std::chrono::nanoseconds now, std::vector<media::Unit>& out) {
    for (auto& lane : lanes_) {
        if (!lane.aligned) align_if_possible(lane, now, out);
    }
}

void Receiver::align_if_possible(Lane& lane, std::chrono::nanoseconds now,
                                 std::vector<media::Unit>& out) {
    if (lane.held.empty()) return;
    bool const waited = now - lane.held_since >= kSyncWait;
    if (lane.report) return align(lane, *lane.report, out);
    if (waited) return align(lane, best_guess(lane, now), out);
}

void Receiver::align(Lane& lane, ClockPair at, std::vector<media::Unit>& out) {
    auto const first = rtp::parse_packet(lane.held.front());
    auto const wall = first ? wall_of(at, first->timestamp, lane.clock_rate) : at.wall;
    if (!epoch_.wall_zero) epoch_.wall_zero = wall;
    lane.depacketizer.set_origin(first ? first->timestamp : at.rtptime,
                                 wall - *epoch_.wall_zero + kLeadTime);
    lane.aligned = true;
    --unaligned_;
    for (auto const& packet : std::exchange(lane.held, {})) feed(lane, packet, out);
}

// The instant of PLAY is common to all tracks: one that has a report dates it for the others.
std::optional<std::chrono::nanoseconds> Receiver::play_wall_time() const {
    for (auto const& lane : lanes_) {
        if (lane.report && lane.play_rtptime) {
            return wall_of(*lane.report, *lane.play_rtptime, lane.clock_rate);
        }
    }
    return std::nullopt;
}

Receiver::ClockPair Receiver::best_guess(Lane const& lane, std::chrono::nanoseconds now) const {
    if (auto const at_play = play_wall_time(); at_play && lane.play_rtptime) {
        return {*at_play, *lane.play_rtptime};
    }
    auto const first = rtp::parse_packet(lane.held.front());
    return {lane.held_since, first ? first->timestamp : static_cast<std::uint32_t>(now.count())};
}

std::chrono::nanoseconds Receiver::wall_of(ClockPair known, std::uint32_t rtptime,
                                           std::uint32_t clock_rate) {
    auto const ticks = static_cast<std::int32_t>(rtptime - known.rtptime);
    return known.wall + base::from_ticks(ticks, clock_rate);
}

void Receiver::feed(Lane& lane, base::ByteView packet, std::vector<media::Unit>& out) {
    if (!lane.depacketizer.feed(packet, out)) return;  // counted by the depacketiser
    config_changed_ = lane.depacketizer.config_changed() || config_changed_;
}

media::Tracks Receiver::tracks() const {
    media::Tracks tracks;
    for (auto const& lane : lanes_) tracks.push_back(lane.depacketizer.track());
    return tracks;
}

bool Receiver::config_changed() {
    return std::exchange(config_changed_, false);
}

std::uint64_t Receiver::packets_lost() const {
    std::uint64_t lost = 0;
    for (auto const& lane : lanes_) lost += lane.depacketizer.packets_lost();
    return lost;
}

}  // namespace tidegate::worker
