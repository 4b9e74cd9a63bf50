#include "load/wire.hpp"

#include <chrono>

#include "flv/writer.hpp"
#include "rtmp/core/media_message.hpp"

namespace tidegate::bench {

namespace {

media::Unit as_unit(MediaSource::Made const& made) {
    media::Unit unit;
    unit.track = made.video ? 0 : 1;
    unit.keyframe = made.keyframe;
    unit.pts = unit.dts = std::chrono::milliseconds(made.timestamp_ms);
    return unit;
}

}  // namespace

void append_rtmp(base::Bytes& out, media::Tracks const& tracks, MediaSource::Made const& made,
                 std::uint32_t message_stream_id, std::uint32_t chunk_size) {
    auto const unit = as_unit(made);
    auto const head = flv::write_frame_header(tracks[unit.track], unit);
    auto header =
        made.video ? rtmp::video_header(made.timestamp_ms) : rtmp::audio_header(made.timestamp_ms);
    header.message_stream_id = message_stream_id;
    static thread_local base::Bytes body;
    body.assign(head.bytes.begin(), head.bytes.begin() + head.size);
    body.insert(body.end(), made.payload.begin(), made.payload.end());
    rtmp::append_message(out, header, body, chunk_size);
}

RtpWire::RtpWire(media::Tracks const& tracks) {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        rtp::PacketizerSettings settings;
        settings.ssrc = static_cast<std::uint32_t>(i + 1);
        settings.channel = rtp::usual_channel(i);
        settings.payload_type = rtp::payload_type_of(tracks[i], i);
        packetizers_.emplace_back(tracks[i], settings);
    }
}

void RtpWire::append(base::Bytes& out, MediaSource::Made const& made) {
    auto unit = as_unit(made);
    unit.payload = base::SharedBytes::copy_of(made.payload);
    auto const train = packetizers_[unit.track].packetize(unit);
    auto const bytes = train.bytes.view();
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace tidegate::bench
