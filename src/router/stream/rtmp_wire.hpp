// Makes WireForm::rtmp_message: the RTMP messages of a stream as they stand on the wire. Pure; any
// thread.
#pragma once

#include "base/shared_bytes.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::router {

base::SharedBytes rtmp_media_message(media::Track const& track, media::Unit const& unit);
// Empty for a codec that has no sequence header.
base::SharedBytes rtmp_sequence_header(media::Track const& track, base::Timestamp at);

}  // namespace tidegate::router
