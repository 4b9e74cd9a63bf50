#include "endpoint/rtmp_source.hpp"

#include <utility>
#include <variant>

#include "media/access_unit.hpp"
#include "media/timeline.hpp"

namespace tidegate::endpoint {

RtmpSource::RtmpSource(net::Link link, net::EventLoop& loop, rtmp::ClientUrl const& url,
                       std::string const& program, SourceHandler& handler)
    : handler_(handler),
      client_(std::move(link), loop, url, rtmp::ClientMode::play, rtmp::ClientTimeouts{},
              static_cast<rtmp::ClientHandler&>(*this), "Tidegate " + program) {}

boost::asio::awaitable<std::string> RtmpSource::run() {
    auto end = co_await client_.run();
    co_return std::move(end.reason);
}

void RtmpSource::on_metadata(rtmp::Metadata&& metadata) {
    if (!probe_) return;
    probe_->expect({metadata.expects_video, metadata.expects_audio, metadata.further_tracks});
    metadata_ = std::move(metadata);
}

void RtmpSource::on_media(rtmp::MediaMessage&& message) {
    auto const tag =
        message.video ? video_tags_.parse(message.body) : flv::parse_audio(message.body);
    if (!tag) return abandon(tag.error().message);
    auto const kind = message.video ? media::Kind::video : media::Kind::audio;
    auto const dts = media::from_milliseconds(message.timestamp_ms);
    probe_ ? probe(*tag, kind, dts) : forward(*tag, kind, dts);
}

void RtmpSource::probe(flv::Tag const& tag, media::Kind kind, base::Timestamp dts) {
    if (auto const added = probe_->add(tag, kind, dts); !added) {
        return abandon(added.error().message);
    }
    if (!probe_->ready()) return;
    auto found = std::move(*probe_).finish();
    probe_.reset();
    if (!found) return abandon(found.error().message);
    map_ = found->map;
    rtmp::describe_sounds(metadata_, map_, found->tracks);
    tracks_ = std::move(found->tracks);
    units_ = std::move(found->units);
    handler_.on_tracks(tracks_);
}

// Media of a codec that the router carries and we do not belongs to no track. The router's log
// names it.
void RtmpSource::forward(flv::Tag const& tag, media::Kind kind, base::Timestamp dts) {
    if (auto const* const frame = std::get_if<flv::Frame>(&tag)) {
        auto const track = map_.find(frame->codec, frame->track_id);
        if (!track) return;
        if (frame->configuration) learn(*frame, *track);
        units_.push_back(flv::make_unit(*frame, *track, dts));
    } else if (auto const* const header = std::get_if<flv::SequenceHeader>(&tag)) {
        forward(*header, kind);
    } else if (auto const* const several = std::get_if<flv::Multitrack>(&tag)) {
        for (auto const& one : several->tracks) forward(one, kind, dts);
    }
}

void RtmpSource::forward(flv::SequenceHeader const& header, media::Kind kind) {
    auto const track = map_.find(kind, header.track_id);
    if (!track || tracks_[*track].codec() != header.track.codec()) return;
    auto changed = tracks_[*track];
    if (media::adopt_configuration(changed, header.track)) change(*track, std::move(changed));
}

void RtmpSource::learn(flv::Frame const& frame, std::uint16_t track) {
    auto changed = tracks_[track];
    if (media::learn_configuration(changed, frame.payload.view())) {
        change(track, std::move(changed));
    }
}

void RtmpSource::change(std::uint16_t track, media::Track changed) {
    on_read_end();  // earlier units still need the parameters that this replaces
    tracks_[track] = std::move(changed);
    handler_.on_tracks(tracks_);
}

void RtmpSource::on_read_end() {
    if (!units_.empty()) handler_.on_units(units_);
    units_.clear();
    handler_.on_read_end();
}

}  // namespace tidegate::endpoint
