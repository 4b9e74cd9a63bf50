// AAC in LATM (RFC 6416) is described by a StreamMuxConfig (ISO/IEC 14496-3 §1.7.3.1); GStreamer's
// rtspclientsink announces it. This takes the AudioSpecificConfig out of it. Pure functions; any
// thread.
#pragma once

#include <expected>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::rtsp {

// Accepts one programme of one layer with one frame per element, which is what encoders send. The
// error is a sentence.
std::expected<base::Bytes, std::string> audio_config_of_mux(base::ByteView mux_config);

}  // namespace tidegate::rtsp
