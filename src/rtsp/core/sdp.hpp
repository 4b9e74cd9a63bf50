// Session descriptions (RFC 8866) of the codecs we carry: written as MediaMTX writes them (contract
// §7.4), read from publishers (ANNOUNCE) and servers (DESCRIBE). What cameras write is read as far
// as it can be: a line or a media that makes no sense costs that line or that media. Any thread.
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
    std::string type;                       // video, audio, application …
    std::string control;                    // as written; empty when absent
    std::uint8_t payload_type = 0;          // of the first format that we carry
    std::vector<std::uint8_t> other_types;  // of the other ones (retransmission, alternatives)
    std::string encoding;                   // as in rtpmap, e.g. "H264"
    std::uint32_t clock_rate = 0;
    std::optional<media::Track> track;  // nullopt: not a codec we carry
    std::string unsupported;            // then the reason, a sentence
    std::string remark;                 // what of a carried one could not be read, a sentence
    int packetization_mode = 0;         // H.264; absent counts as 0
    rtp::AacFraming aac;
    // a=sendonly from a server: an ONVIF back channel. From a publisher it says what is clear.
    bool back_channel = false;
};

struct SessionDescription {
    std::string title;
    std::string control;  // session level
    std::vector<MediaDescription> medias;

    media::Tracks tracks() const;  // of the supported medias, in order
};

// The error is a sentence for the 400 reply: too much text, or no media at all.
std::expected<SessionDescription, std::string> parse_sdp(std::string_view text);

}  // namespace tidegate::rtsp
