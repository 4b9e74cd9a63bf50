// Session descriptions (SDP, RFC 8866) of the codecs that we carry. They are written as MediaMTX
// writes them, and read from publishers (ANNOUNCE) and servers (DESCRIBE). Cameras make mistakes: a
// line or a media that makes no sense is left out, and the rest is used. Pure functions; any
// thread.
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

// Without a title the line s= has one space, as the RFC demands. caption_languages: of the captions
// that a publisher will tell (caption.hpp).
std::string write_sdp(media::Tracks const& tracks, std::string_view title = {},
                      std::vector<std::string> const& caption_languages = {});

struct MediaDescription {
    std::string type;                       // video, audio, application ...
    std::string control;                    // the URL for SETUP as written; empty when absent
    std::uint8_t payload_type = 0;          // of the first format that we carry
    std::vector<std::uint8_t> other_types;  // of its other formats: retransmission, alternatives
    std::string encoding;                   // the codec's name in a=rtpmap, e.g. "H264"
    std::uint32_t clock_rate = 0;           // of a=rtpmap, in Hz
    std::optional<media::Track> track;      // nullopt: we do not carry any of its formats
    std::string unsupported;                // why not, a sentence; empty when `track` is set
    std::string remark;                     // what could not be read of a format that we carry
    int packetization_mode = 0;             // of H.264; 0 when absent
    rtp::AacFraming aac;
    // The description has a=sendonly for this media. In the description of a server that is an
    // ONVIF back channel; in that of a publisher it only says what is clear anyway.
    bool back_channel = false;
};

struct SessionDescription {
    std::string title;
    std::string control;  // of the whole session; empty when absent
    std::vector<MediaDescription> medias;
    // Of the captions that the publisher will tell (caption.hpp), as tags.
    std::vector<std::string> caption_languages;

    // The tracks of the medias that we carry, in their order.
    media::Tracks tracks() const;
};

// An error only when the text passes a limit of limits.hpp or describes no media; it is a sentence
// for the 400 reply.
std::expected<SessionDescription, std::string> parse_sdp(std::string_view text);

}  // namespace tidegate::rtsp
