// The AudioSpecificConfig inside a StreamMuxConfig (ISO/IEC 14496-3 §1.7.3.1), which describes AAC
// in LATM (RFC 6416): what GStreamer's rtspclientsink announces. Pure; any thread.
#pragma once

#include <expected>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::rtsp {

// One programme of one layer with one frame per element, as every encoder sends; the error is a
// sentence.
std::expected<base::Bytes, std::string> audio_config_of_mux(base::ByteView mux_config);

}  // namespace tidegate::rtsp
