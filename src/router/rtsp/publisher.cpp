#include "router/rtsp/publisher.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

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
    publisher.caption_languages = description_.caption_languages;
    auto begun = Publication::begin(paths_, path_, match_, std::move(publisher), std::move(tracks));
    if (!begun) return std::unexpected(begun.error());
    publication_.emplace(std::move(*begun));

    std::vector<rtp::ReceivedTrack> received;
    early_captions_.clear();
    track_of_.clear();
    statistics_.clear();
    unfinished_.clear();
    for (auto const& media : description_.medias) {
        auto& track = track_of_.emplace_back();
        if (!media.track) continue;
        track = static_cast<std::uint16_t>(received.size());
        received.push_back({*media.track,
                            {.track = *track,
                             .payload_type = media.payload_type,
                             .clock_rate = media.clock_rate,
                             .aac = media.aac,
                             .wary_of_markers = true}});
        statistics_.emplace_back(media.clock_rate);
        unfinished_.push_back(0);
    }
    receiver_.emplace(std::move(received), kPublisherReportWait);
    return {};
}

void RtspPublisher::end() {
    if (!publication_) return;
    on_time(base::Timestamp::max());  // what still waits is published
    publication_.reset();
}

// Of a format beside the one that is carried (retransmission, comfort noise): no error.
bool RtspPublisher::is_described(std::uint16_t media, base::ByteView packet) const {
    auto const header = rtp::parse_packet(packet);
    if (!header) return false;
    auto const& others = description_.medias[media].other_types;
    return std::ranges::find(others, header->payload_type) != others.end();
}

void RtspPublisher::on_rtp(std::uint16_t media, base::ByteView packet, base::Timestamp arrival) {
    if (!publication_ || media >= track_of_.size()) return;
    ++packets_;
    bytes_ += packet.size();
    auto const track = track_of_[media];
    if (!track) return;
    auto const fed = receiver_->on_rtp(*track, packet, arrival, units_);
    if (!fed) {
        if (fed.error() == rtp::Error::wrong_payload_type && is_described(media, packet)) return;
        ++packets_in_error_;
        publication_->count_frame_in_error();
    } else {
        statistics_[*track].on_packet(fed->ssrc, fed->sequence, fed->rtptime, arrival);
        unfinished_[*track] += packet.size();
    }
    publish_units();
}

// The publisher's clocks: what they say of its tracks, not which time it is.
void RtspPublisher::on_rtcp(std::uint16_t media, std::vector<rtp::RtcpPacket> const& reports,
                            base::Timestamp arrival) {
    if (!publication_ || media >= track_of_.size() || !track_of_[media]) return;
    for (auto const& report : reports) {
        auto const* const sender = std::get_if<rtp::SenderReport>(&report);
        if (sender != nullptr) receiver_->on_report(*track_of_[media], *sender, arrival, units_);
    }
    publish_units();
}

void RtspPublisher::on_caption(rtsp::Caption&& caption) {
    if (!publication_ || caption.track >= track_of_.size() || !track_of_[caption.track]) return;
    if (early_captions_.size() >= kMaxEarlyCaptions) return publication_->count_frame_in_error();
    early_captions_.push_back(std::move(caption));
    tell_early_captions();
}

std::optional<base::Timestamp> RtspPublisher::begin_of(rtsp::Caption const& caption) const {
    return receiver_->time_of(*track_of_[caption.track], caption.rtptime);
}

void RtspPublisher::tell_early_captions() {
    std::erase_if(early_captions_, [this](rtsp::Caption& caption) {
        auto const start = begin_of(caption);
        if (!start) return false;
        publication_->tell({.language = std::move(caption.language),
                            .start = *start,
                            .duration = caption.duration,
                            .text = std::move(caption.text)});
        return true;
    });
}

void RtspPublisher::on_time(base::Timestamp now) {
    if (!publication_) return;
    receiver_->on_time(now, units_);
    publish_units();
}

void RtspPublisher::publish_units() {
    for (auto& unit : units_) {
        unfinished_[unit.track] = 0;
        if (unit.new_config) publication_->update_track(unit.track, receiver_->track(unit.track));
        publication_->publish(std::move(unit));
    }
    units_.clear();
    if (!early_captions_.empty()) tell_early_captions();
}

std::size_t RtspPublisher::unfinished_bytes() const {
    return std::accumulate(unfinished_.begin(), unfinished_.end(), std::size_t{});
}

std::uint64_t RtspPublisher::packets_lost() const {
    std::uint64_t lost = 0;
    for (auto const& statistics : statistics_) lost += statistics.lost();
    return lost;
}

double RtspPublisher::jitter() const {
    double largest = 0;
    for (auto const& statistics : statistics_) largest = std::max(largest, statistics.jitter());
    return largest;
}

}  // namespace tidegate::router
