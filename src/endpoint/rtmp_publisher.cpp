#include "endpoint/rtmp_publisher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "flv/writer.hpp"
#include "rtmp/core/caption.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::endpoint {

namespace {

std::int64_t milliseconds(base::Timestamp at) {
    return std::max<std::int64_t>(0, std::chrono::round<std::chrono::milliseconds>(at).count());
}

rtmp::MessageHeader header_for(media::Track const& track, base::Timestamp at,
                               std::uint32_t message_stream) {
    auto header = track.kind() == media::Kind::video ? rtmp::video_header(milliseconds(at))
                                                     : rtmp::audio_header(milliseconds(at));
    header.message_stream_id = message_stream;
    return header;
}

rtmp::MessageHeader data_header(base::Timestamp at, std::uint32_t message_stream) {
    return {rtmp::MessageType::data_amf0, rtmp::kDataChunkStream, message_stream,
            static_cast<std::uint32_t>(milliseconds(at))};
}

}  // namespace

RtmpPublisher::RtmpPublisher(net::Link link, net::EventLoop& loop, rtmp::ClientUrl const& url,
                             Published published, PublisherTimes times, PublisherHandler& handler)
    : tracks_(published.tracks),
      caption_languages_(published.caption_languages),
      handler_(handler),
      client_(std::move(link), loop, url, rtmp::ClientMode::publish,
              rtmp::ClientTimeouts{.dialogue = times.dialogue, .write = times.silence},
              static_cast<rtmp::ClientHandler&>(*this), std::move(published.program)) {}

boost::asio::awaitable<PublishEnd> RtmpPublisher::run() {
    auto end = co_await client_.run();
    bool const hung_up = end.refused && end.code.empty();
    co_return PublishEnd{end.refused, std::move(end.reason), std::move(end.code),
                         std::move(end.description), hung_up};
}

void RtmpPublisher::begin() {
    message_stream_ = client_.message_stream_id();
    ids_ = flv::track_ids(tracks_);
    send_metadata();
    send_headers({});
}

void RtmpPublisher::update(base::Timestamp at) {
    ids_ = flv::track_ids(tracks_);
    send_headers(at);
}

void RtmpPublisher::send_metadata() {
    auto const metadata = rtmp::write_published_metadata(tracks_, caption_languages_);
    queue().push_reply(rtmp::write_media_message(data_header({}, message_stream_), {}, metadata));
}

// The server is told with the metadata that captions come. One that does not know them ignores
// data messages that it does not know.
void RtmpPublisher::tell(media::Caption const& caption) {
    auto const header = data_header(caption.start, message_stream_);
    push(header, {}, base::SharedBytes::copy_of(rtmp::write_caption(caption)));
}

void RtmpPublisher::send_headers(base::Timestamp at) {
    for (auto const& [track, id] : rtmp::numbered_tracks(tracks_)) {
        auto const body = flv::write_sequence_header(track, flv::Form::enhanced, id);
        if (body.empty()) continue;
        queue().push_reply(
            rtmp::write_media_message(header_for(track, at, message_stream_), {}, body));
    }
}

Sent RtmpPublisher::send(media::Unit const& unit) {
    auto const& track = tracks_[unit.track];
    auto const id = ids_[unit.track];
    if (!id) return Sent::nothing;
    auto const prefix = flv::write_frame_header(track, unit, flv::Form::enhanced, *id);
    auto const header = header_for(track, unit.dts, message_stream_);
    return push(header, prefix.view(), unit.payload) ? Sent::queued : Sent::no_room;
}

// Nearly every unit fits into one chunk and is sent without being copied.
bool RtmpPublisher::push(rtmp::MessageHeader const& header, base::ByteView prefix,
                         base::SharedBytes const& payload) {
    auto& media = client_.media();
    auto head = rtmp::write_message_head(header, prefix, payload.size());
    if (head.empty()) {
        return media.push(rtmp::write_media_message(header, prefix, payload.view()));
    }
    if (!media.push(std::move(head))) return false;
    media.push_rest(payload);
    return true;
}

}  // namespace tidegate::endpoint
