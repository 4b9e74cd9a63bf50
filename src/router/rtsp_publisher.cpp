#include "router/rtsp_publisher.hpp"

#include <algorithm>
#include <utility>

#include "rtp/packet.hpp"

namespace tidegate::router {

RtspPublisher::RtspPublisher(Paths& paths, std::string path, PathMatch match,
                             rtsp::SessionDescription description)
    : paths_(paths),
      path_(std::move(path)),
      match_(std::move(match)),
      description_(std::move(description)) {}

RtspPublisher::~RtspPublisher() {
    end();
}

std::expected<void, std::string> RtspPublisher::begin(Publisher publisher) {
    auto tracks = description_.tracks();
    if (tracks.empty()) return std::unexpected("no track has a codec that this router carries");
    auto stream = paths_.publish(path_, match_, std::move(publisher), std::move(tracks));
    if (!stream) return std::unexpected(stream.error());
    stream_ = std::move(*stream);

    std::uint16_t track = 0;
    lanes_.clear();
    timeline_ = {};
    first_arrival_.reset();
    for (auto const& media : description_.medias) {
        auto& lane = lanes_.emplace_back();
        if (!media.track) continue;
        rtp::DepacketizerSettings const settings{.track = track,
                                                 .payload_type = media.payload_type,
                                                 .clock_rate = media.clock_rate,
                                                 .aac = media.aac,
                                                 .wary_of_markers = true};
        lane.emplace(track++, rtp::Depacketizer(*media.track, settings),
                     rtp::ReceptionStatistics(media.clock_rate));
    }
    return {};
}

void RtspPublisher::end() {
    if (stream_ != nullptr) paths_.unpublish(std::exchange(stream_, nullptr));
}

// The first packet of the session is its time 0; other tracks are offset by their arrival (contract
// §7.8).
void RtspPublisher::align(Lane& lane, base::ByteView packet, base::Timestamp arrival) {
    auto const header = rtp::parse_packet(packet);
    if (!header) return;
    if (!first_arrival_) first_arrival_ = arrival;
    lane.depacketizer.set_origin(header->timestamp, arrival - *first_arrival_);
    lane.started = true;
}

// Of a format beside the one that is carried (retransmission, comfort noise): no error.
bool RtspPublisher::is_described(std::uint16_t media, base::ByteView packet) const {
    auto const header = rtp::parse_packet(packet);
    if (!header) return false;
    auto const& others = description_.medias[media].other_types;
    return std::ranges::find(others, header->payload_type) != others.end();
}

void RtspPublisher::on_rtp(std::uint16_t media, base::ByteView packet, base::Timestamp arrival) {
    if (stream_ == nullptr || media >= lanes_.size()) return;
    ++packets_;
    bytes_ += packet.size();
    auto& lane = lanes_[media];
    if (!lane) return;
    if (!lane->started) align(*lane, packet, arrival);

    units_.clear();
    auto const fed = lane->depacketizer.feed(packet, units_);
    if (!fed) {
        if (fed.error() == rtp::Error::wrong_payload_type && is_described(media, packet)) return;
        ++packets_in_error_;
        stream_->count_frame_in_error();
        return;
    }
    lane->statistics.on_packet(fed->ssrc, fed->sequence, fed->rtptime, arrival);
    if (lane->depacketizer.config_changed()) {
        stream_->update_track(lane->track, lane->depacketizer.track(),
                              timeline_.newest().value_or(base::Timestamp{}));
    }
    for (auto& unit : units_) {
        auto const mapped = timeline_.map(unit.track, unit.dts, unit.pts);
        unit.dts = mapped.dts;
        unit.pts = mapped.pts;
        stream_->publish(unit);
    }
}

std::uint64_t RtspPublisher::packets_lost() const {
    std::uint64_t lost = 0;
    for (auto const& lane : lanes_) lost += lane ? lane->statistics.lost() : 0;
    return lost;
}

double RtspPublisher::jitter() const {
    double largest = 0;
    for (auto const& lane : lanes_)
        largest = std::max(largest, lane ? lane->statistics.jitter() : 0);
    return largest;
}

}  // namespace tidegate::router
