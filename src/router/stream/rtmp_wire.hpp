// Makes WireForm::rtmp_message: the RTMP messages of a stream as they stand on the wire. Pure; any
// thread.
#pragma once

#include <cstdint>

#include "base/shared_bytes.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::router {

// track_id: the track's id in Enhanced RTMP (flv::track_ids).
base::SharedBytes rtmp_media_message(media::Track const& track, media::Unit const& unit,
                                     std::uint8_t track_id = 0);
// Empty when the track has no sequence header.
base::SharedBytes rtmp_sequence_header(media::Track const& track, base::Timestamp at,
                                       std::uint8_t track_id = 0);

}  // namespace tidegate::router
