#include "router/stream/rtmp_wire.hpp"

#include <chrono>

#include "flv/writer.hpp"
#include "rtmp/core/media_message.hpp"

namespace tidegate::router {

namespace {

rtmp::MessageHeader header_for(media::Track const& track, base::Timestamp at) {
    auto const ms = std::chrono::floor<std::chrono::milliseconds>(
                        at + std::chrono::microseconds{500})  // to the nearest
                        .count();
    return track.kind() == media::Kind::video ? rtmp::video_header(ms) : rtmp::audio_header(ms);
}

}  // namespace

base::SharedBytes rtmp_media_message(media::Track const& track, media::Unit const& unit,
                                     std::uint8_t track_id) {
    auto const prefix = flv::write_frame_header(track, unit, flv::Form::enhanced, track_id);
    return rtmp::write_media_message(header_for(track, unit.dts), prefix.view(),
                                     unit.payload.view());
}

base::SharedBytes rtmp_sequence_header(media::Track const& track, base::Timestamp at,
                                       std::uint8_t track_id) {
    auto const body = flv::write_sequence_header(track, flv::Form::enhanced, track_id);
    if (body.empty()) return {};
    return rtmp::write_media_message(header_for(track, at), {}, body);
}

}  // namespace tidegate::router
