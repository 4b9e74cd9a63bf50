#include "endpoint/rtsp_source.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/random.hpp"
#include "rtp/rtcp.hpp"

namespace tidegate::endpoint {

namespace {

rtsp::ClientSettings settings_for(rtsp::Url const& url, std::string const& program) {
    rtsp::ClientSettings settings;
    settings.url = url;
    settings.user_agent = "tidegate " + program;
    settings.new_cnonce = base::random_uuid;
    return settings;
}

}  // namespace

RtspSource::RtspSource(net::Link link, net::EventLoop& loop, rtsp::Url const& url,
                       std::chrono::milliseconds silence, std::string const& program,
                       SourceHandler& handler)
    : loop_(loop),
      handler_(handler),
      client_(std::move(link), loop, settings_for(url, program), {.silence = silence},
              static_cast<rtsp::ClientHandler&>(*this)) {}

boost::asio::awaitable<std::string> RtspSource::run() {
    auto end = co_await client_.run();
    co_return std::move(end.reason);
}

void RtspSource::on_streaming(std::vector<rtsp::ClientTrack> const& tracks) {
    std::vector<rtp::ReceivedTrack> received;
    for (auto const& track : tracks) {
        auto const& description = track.description;
        auto& one = received.emplace_back(*description.track);
        one.settings = {.track = track.track,
                        .payload_type = description.payload_type,
                        .clock_rate = description.clock_rate,
                        .aac = description.aac};
        if (track.position) one.start_rtptime = track.position->rtptime;
    }
    receiver_.emplace(std::move(received), kReportWait);
    handler_.on_accepted();
    handler_.on_tracks(receiver_->tracks());
}

void RtspSource::on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) {
    if (!receiver_) return;
    auto const arrival = loop_.now().time_since_epoch();
    if (rtcp) {
        on_rtcp(track, packet, arrival);
    } else {
        // The depacketiser counts packets that it cannot read.
        static_cast<void>(receiver_->on_rtp(track, packet, arrival, units_));
    }
    hand_on();
}

void RtspSource::on_rtcp(std::uint16_t track, base::ByteView packet, base::Timestamp arrival) {
    auto const reports = rtp::parse_rtcp(packet);
    if (!reports) return;
    for (auto const& report : *reports) {
        auto const* const sender = std::get_if<rtp::SenderReport>(&report);
        if (sender != nullptr) receiver_->on_report(track, *sender, arrival, units_);
    }
}

void RtspSource::on_time(net::LoopClock::time_point now) {
    if (!receiver_) return;
    receiver_->on_time(now.time_since_epoch(), units_);
    hand_on();
}

void RtspSource::hand_on() {
    if (units_.empty()) return;
    if (std::ranges::any_of(units_, &media::Unit::new_config)) {
        handler_.on_tracks(receiver_->tracks());
    }
    handler_.on_units(units_);
    units_.clear();
}

std::uint64_t RtspSource::packets_lost() const {
    return receiver_ ? receiver_->packets_lost() : 0;
}

base::Timestamp RtspSource::sync_error(std::size_t track) const {
    return receiver_ ? receiver_->sync_error(track) : base::Timestamp{};
}

}  // namespace tidegate::endpoint
