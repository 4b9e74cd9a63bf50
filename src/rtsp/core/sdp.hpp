// Session descriptions (RFC 8866) of the codecs we carry: written as MediaMTX writes them (contract
// §7.4), read from publishers (ANNOUNCE) and servers (DESCRIBE). Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/track.hpp"
#include "rtp/depacketizer.hpp"

namespace tidegate::rtsp {

// `title` empty: one space, as the RFC wants it.
std::string write_sdp(media::Tracks const& tracks, std::string_view title = {});

struct MediaDescription {
    std::string type;     // video, audio, application …
    std::string control;  // as written; empty when absent
    std::uint8_t payload_type = 0;
    std::string encoding;  // as in rtpmap, e.g. "H264"
    std::uint32_t clock_rate = 0;
    std::optional<media::Track> track;  // nullopt: not a codec we carry
    std::string unsupported;            // then the reason, a sentence
    int packetization_mode = 0;         // H.264; absent counts as 0
    rtp::AacFraming aac;
    bool back_channel = false;  // a=sendonly from a server: an ONVIF back channel
};

struct SessionDescription {
    std::string title;
    std::string control;  // session level
    std::vector<MediaDescription> medias;

    media::Tracks tracks() const;  // of the supported medias, in order
};

// The error is a sentence for the 400 reply. Unsupported codecs are no error here.
std::expected<SessionDescription, std::string> parse_sdp(std::string_view text);

}  // namespace tidegate::rtsp
