#include "endpoint/rtsp_publisher.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "rtp/rtcp.hpp"

namespace tidegate::endpoint {

namespace {

rtsp::ClientSettings settings_of_publication(rtsp::Url const& url, Published const& published) {
    rtsp::ClientSettings settings;
    settings.url = url;
    settings.user_agent = published.program;
    settings.publish = published.tracks;
    settings.caption_languages = published.caption_languages;
    settings.new_cnonce = base::random_uuid;
    return settings;
}

rtp::PacketizerSettings random_start(rtsp::ClientTrack const& track) {
    auto const random = base::random_bits();
    return {.ssrc = static_cast<std::uint32_t>(random),
            .first_sequence = static_cast<std::uint16_t>(random >> 32),
            .timestamp_offset = static_cast<std::uint32_t>(base::random_bits()),
            .channel = track.channel,
            .payload_type = rtp::payload_type_of(*track.description.track, track.track)};
}

// Whether the units themselves tell a receiver that their parameters are others now.
bool tells_changes_itself(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
        case media::Codec::h265:
        case media::Codec::av1:
        case media::Codec::vp9:
        case media::Codec::mp3:
        case media::Codec::ac3:
        case media::Codec::eac3:
            return true;
        case media::Codec::aac:
        case media::Codec::opus:
        case media::Codec::flac:
        case media::Codec::pcma:
        case media::Codec::pcmu:
            return false;
    }
    return false;
}

// At least what the packets of a unit weigh and need. Parameter sets come on top; they are small.
std::size_t packets_of(media::Unit const& unit) {
    return unit.payload.size() / rtp::kMaxPayload + 1;
}

std::chrono::nanoseconds wall_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

RtspPublisher::RtspPublisher(net::Link link, net::EventLoop& loop, rtsp::Url const& url,
                             Published published, PublisherHandler& handler)
    : tracks_(published.tracks),
      handler_(handler),
      client_(std::move(link), loop, settings_of_publication(url, published), {},
              static_cast<rtsp::ClientHandler&>(*this)) {}

boost::asio::awaitable<PublishEnd> RtspPublisher::run() {
    auto end = co_await client_.run();
    co_return PublishEnd{end.refused, std::move(end.reason)};
}

void RtspPublisher::on_streaming(std::vector<rtsp::ClientTrack> const& tracks) {
    for (auto const& track : tracks) {
        lanes_.push_back({{*track.description.track, random_start(track)}, track.channel, {}});
    }
    // Parameters may have come while the server was asked.
    update({});
    handler_.on_accepted();
}

void RtspPublisher::update(base::Timestamp) {
    bool fits = tracks_.size() == lanes_.size();
    for (std::size_t i = 0; fits && i < lanes_.size(); ++i) {
        auto& packetizer = lanes_[i].packetizer;
        auto const& track = tracks_[i];
        if (packetizer.track().config == track.config) continue;
        fits = packetizer.track().codec() == track.codec() &&
               packetizer.clock_rate() == track.clock_rate() && tells_changes_itself(track.codec());
        if (fits) packetizer.update(track);
    }
    if (!fits) client_.abandon("the tracks have changed, and RTSP can announce them only once");
}

Sent RtspPublisher::send(media::Unit const& unit) {
    if (unit.track >= lanes_.size()) return Sent::nothing;  // update() has ended the connection
    auto& lane = lanes_[unit.track];
    auto const packets = packets_of(unit);
    // Sequence numbers are given only to what is sent: a receiver must not count a loss.
    if (!queue().has_room(unit.payload.size() + packets * rtp::kHeaderSize, packets)) {
        return Sent::no_room;
    }
    auto train = lane.packetizer.packetize(unit);
    if (train.empty()) return Sent::nothing;
    report_if_due(lane, unit.pts, train);
    auto const weight = train.packets;
    return queue().push(std::move(train.bytes), weight) ? Sent::queued : Sent::no_room;
}

void RtspPublisher::tell(media::Caption const& caption) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (tracks_[i].language != caption.language || !lanes_[i].last_report) continue;
        client_.tell({.language = caption.language,
                      .track = static_cast<std::uint16_t>(i),
                      .rtptime = lanes_[i].packetizer.rtptime_of(caption.start),
                      .duration = caption.duration,
                      .text = caption.text});
        return;
    }
}

// Before the first packet of a track, so that a receiver can place it from its first unit on. The
// reports of all tracks give the same wall time to the same time, whenever they are sent.
void RtspPublisher::report_if_due(Lane& lane, base::Timestamp pts, rtp::Train const& next) {
    if (lane.last_report && pts - *lane.last_report < kReportInterval && pts >= *lane.last_report) {
        return;
    }
    lane.last_report = pts;
    if (!wall_of_zero_) wall_of_zero_ = wall_now() - pts;
    auto const& packetizer = lane.packetizer;
    auto const next_octets =
        next.rtp_bytes - next.packets * static_cast<std::uint32_t>(rtp::kHeaderSize);
    auto const report =
        rtp::write_rtcp(rtp::SenderReport{.ssrc = packetizer.ssrc(),
                                          .ntp = rtp::ntp_from_unix(*wall_of_zero_ + pts),
                                          .rtptime = packetizer.rtptime_of(pts),
                                          .packets = packetizer.packet_count() - next.packets,
                                          .octets = packetizer.octet_count() - next_octets,
                                          .blocks = {}});
    auto const channel = static_cast<std::uint8_t>(lane.channel + 1);
    queue().push_reply(rtp::interleave(channel, report));
}

}  // namespace tidegate::endpoint
