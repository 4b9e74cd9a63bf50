// The description a reader gets: what MediaMTX produces, but for the payload types, of which each
// track has its own.
#include "base/crypto/base64.hpp"
#include "media/av1.hpp"
#include "media/caption.hpp"
#include "media/sps.hpp"
#include "rtp/packetizer.hpp"
#include "rtsp/core/caption.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

namespace {

std::string hex(base::ByteView bytes, char const* digits) {
    std::string out;
    for (auto const byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 0xF];
    }
    return out;
}

// The text of a codec behind "a=rtpmap:<pt> " and "a=fmtp:<pt> ". A line with an empty text is left
// out.
struct Format {
    std::string map;
    std::string parameters;
};

void add(std::string& parameters, std::string_view text) {
    if (!parameters.empty()) parameters += "; ";
    parameters += text;
}

// The NAL units in base 64, separated by commas.
std::string list_of(std::vector<base::ByteView> const& nalus) {
    std::string list;
    for (auto const nalu : nalus) list += (list.empty() ? "" : ",") + base::base64_encode(nalu);
    return list;
}

Format format_of(media::H264Config const& config) {
    Format format{"H264/90000", "packetization-mode=1"};
    auto const sps = config.sets.described(media::NalRole::sps);
    auto const pps = config.sets.described(media::NalRole::pps);
    if (!sps.empty()) {
        add(format.parameters,
            "profile-level-id=" + hex(sps.front().subspan(1, 3), "0123456789ABCDEF"));
    }
    if (!sps.empty() && !pps.empty()) {
        add(format.parameters, "sprop-parameter-sets=" + list_of(sps) + "," + list_of(pps));
    }
    return format;
}

Format format_of(media::H265Config const& config) {
    Format format{"H265/90000", {}};
    auto const tell = [&](std::string_view key, media::NalRole role) {
        auto const list = list_of(config.sets.described(role));
        if (!list.empty()) add(format.parameters, std::string(key) + list);
    };
    tell("sprop-pps=", media::NalRole::pps);
    tell("sprop-sps=", media::NalRole::sps);
    tell("sprop-vps=", media::NalRole::vps);
    return format;
}

Format format_of(media::AacConfig const& config) {
    return {"mpeg4-generic/" + std::to_string(config.sample_rate) + "/" +
                std::to_string(config.channel_count),
            "config=" + hex(config.audio_specific_config, "0123456789abcdef") +
                "; indexdeltalength=3; indexlength=3; mode=AAC-hbr; profile-level-id=1; "
                "sizelength=13; streamtype=5"};
}

// a=rtpmap always says two channels (RFC 7587 §7); sprop-stereo tells whether there are two.
Format format_of(media::OpusConfig const& config) {
    return {"opus/48000/2", config.channel_count == 2 ? "sprop-stereo=1" : "sprop-stereo=0"};
}

Format format_of(media::Mp3Config const&) {
    return {};
}  // payload type 14 says all

// RTP Payload Format For AV1 §7.2.
Format format_of(media::Av1Config const& config) {
    Format format{"AV1/90000", {}};
    if (auto const sequence = media::av1_sequence(config)) {
        format.parameters = "level-idx=" + std::to_string(sequence->level) +
                            "; profile=" + std::to_string(sequence->profile) +
                            "; tier=" + std::to_string(sequence->tier);
    }
    return format;
}

// RFC 9628 §6.
Format format_of(media::Vp9Config const& config) {
    if (config.width == 0) return {"VP9/90000", {}};
    return {"VP9/90000", "profile-id=" + std::to_string(config.profile)};
}

std::string sound(std::string_view encoding, media::Track const& track) {
    auto const format = track.audio_format();
    return std::string(encoding) + "/" + std::to_string(format.sample_rate) + "/" +
           std::to_string(format.channel_count);
}
Format format_of(media::Ac3Config const& config) {
    return {sound("AC3", {config}), {}};
}
Format format_of(media::Eac3Config const& config) {
    return {sound("eac3", {config}), {}};
}

// MediaMTX's words; no RFC has any.
Format format_of(media::FlacConfig const& config) {
    return {"flac/" + std::to_string(config.sample_rate),
            "streaminfo=" + hex(config.stream_info, "0123456789abcdef")};
}

template <media::Codec kCodec>
Format format_of(media::G711Config<kCodec> const& config) {
    auto const* const encoding = kCodec == media::Codec::pcma ? "PCMA" : "PCMU";
    if (config.channel_count != 1) return {sound(encoding, {config}), {}};
    return {std::string(encoding) + "/" + std::to_string(config.sample_rate), {}};
}

// FLAC is described as MediaMTX does, as application: players that do not know it leave it out.
std::string_view media_type(media::Track const& track) {
    if (track.codec() == media::Codec::flac) return "application";
    return track.kind() == media::Kind::video ? "video" : "audio";
}

// 3GPP TS 26.234 §5.3.3.2. FFmpeg leaves out a track whose size it does not know after 5 s, and the
// first picture may come later than that: it is a key frame.
std::string frame_size(std::string const& type, media::Track const& track) {
    auto const format = media::video_format(track);
    if (!format) return {};
    return "a=framesize:" + type + " " + std::to_string(format->width) + "-" +
           std::to_string(format->height) + "\r\n";
}

void write_media(std::size_t index, media::Track const& track, std::string& out) {
    auto const type = std::to_string(rtp::payload_type_of(track, index));
    out += "m=" + std::string(media_type(track)) + " 0 RTP/AVP ";
    out += type + "\r\n";
    // What the media is called, and its language (RFC 8866 §5.4, §6.12).
    if (!track.name.empty()) out += "i=" + track.name + "\r\n";
    if (!track.language.empty()) out += "a=lang:" + track.language + "\r\n";
    out += "a=control:trackID=" + std::to_string(index) + "\r\n";
    auto const format =
        std::visit([](auto const& config) { return format_of(config); }, track.config);
    if (!format.map.empty()) out += "a=rtpmap:" + type + " " + format.map + "\r\n";
    if (!format.parameters.empty()) out += "a=fmtp:" + type + " " + format.parameters + "\r\n";
    out += frame_size(type, track);
}

}  // namespace

std::string write_sdp(media::Tracks const& tracks, std::string_view title,
                      std::vector<std::string> const& caption_languages) {
    std::string out = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=";
    for (auto const c : title.empty() ? std::string_view{" "} : title) {
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    }
    out += "\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n";
    if (!caption_languages.empty()) {
        out.append("a=").append(kCaptionsAttribute).append(":");
        out.append(media::caption_language_list(caption_languages)).append("\r\n");
    }
    for (std::size_t i = 0; i < tracks.size(); ++i) write_media(i, tracks[i], out);
    return out;
}

}  // namespace tidegate::rtsp
