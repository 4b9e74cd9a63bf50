#include <algorithm>
#include <charconv>

#include "rtsp/core/fmtp.hpp"
#include "rtsp/core/headers.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

namespace {

std::string_view next_line(std::string_view& text) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view next_word(std::string_view& text) {
    text = trim(text);
    auto const end = text.find(' ');
    auto const word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::optional<std::uint8_t> payload_type(std::string_view text) {
    unsigned value = 0;
    auto const* const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || value > 127) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(value);
}

// One m= section while its lines are read: views into the text.
struct Section {
    MediaDescription media;
    FormatLines format;
};

class Reader {
public:
    std::expected<SessionDescription, std::string> read(std::string_view text) {
        std::size_t lines = 0;
        while (!text.empty() && error_.empty()) {
            if (++lines > kMaxSdpLines) return std::unexpected("SDP has too many lines");
            auto const line = next_line(text);
            if (line.empty()) continue;
            if (line.size() < 2 || line[1] != '=')
                return std::unexpected("SDP has a malformed line");
            if (lines == 1 && line != "v=0") return std::unexpected("SDP does not begin with v=0");
            on_line(line[0], line.substr(2));
        }
        finish_section();
        if (!error_.empty()) return std::unexpected(error_);
        if (out_.medias.empty()) return std::unexpected("SDP has no media");
        return std::move(out_);
    }

private:
    void on_line(char type, std::string_view value) {
        if (type == 'm') return begin_section(value);
        if (type == 's' && !section_) out_.title = trim(value);
        if (type == 'a') on_attribute(value);
    }

    // m=video 0 RTP/AVP 96: of several formats the first counts, as encoders that list more mean
    // it.
    void begin_section(std::string_view value) {
        finish_section();
        if (out_.medias.size() == kMaxMedias) return fail("SDP has too many medias");
        section_.emplace();
        auto& media = section_->media;
        media.type = next_word(value);
        next_word(value);  // port
        auto const profile = next_word(value);
        auto const type = payload_type(next_word(value));
        if (media.type.empty() || !profile.starts_with("RTP/")) {
            media.unsupported = "media " + media.type + " is not RTP";
            return;
        }
        if (!type) return fail("SDP has an invalid payload type");
        media.payload_type = *type;
    }

    void on_attribute(std::string_view value) {
        auto const colon = value.find(':');
        auto const key = value.substr(0, colon);
        auto rest = colon == std::string_view::npos ? std::string_view{} : value.substr(colon + 1);
        if (key == "control") {
            (section_ ? section_->media.control : out_.control) = trim(rest);
        }
        if (!section_) return;
        if (key == "sendonly") section_->media.back_channel = true;
        if (key != "rtpmap" && key != "fmtp") return;
        if (payload_type(next_word(rest)) != section_->media.payload_type) return;
        (key == "rtpmap" ? section_->format.map : section_->format.parameters) = trim(rest);
    }

    void finish_section() {
        if (!section_ || !error_.empty()) return;
        auto& media = section_->media;
        if (media.unsupported.empty()) {
            if (auto const applied = apply_format(section_->format, media); !applied) {
                return fail("SDP " + media.type + ": " + applied.error());
            }
        }
        bool const known = media.type == "video" || media.type == "audio";
        if (media.track &&
            (!known || (media.track->kind() == media::Kind::video) != (media.type == "video"))) {
            return fail("SDP has codec " + media.encoding + " in media " + media.type);
        }
        out_.medias.push_back(std::move(media));
        section_.reset();
    }

    void fail(std::string reason) {
        if (error_.empty()) error_ = std::move(reason);
    }

    SessionDescription out_;
    std::optional<Section> section_;
    std::string error_;
};

}  // namespace

media::Tracks SessionDescription::tracks() const {
    media::Tracks tracks;
    for (auto const& media : medias) {
        if (media.track) tracks.push_back(*media.track);
    }
    return tracks;
}

std::expected<SessionDescription, std::string> parse_sdp(std::string_view text) {
    if (text.size() > kMaxBody) return std::unexpected("SDP is too long");
    return Reader{}.read(text);
}

}  // namespace tidegate::rtsp
