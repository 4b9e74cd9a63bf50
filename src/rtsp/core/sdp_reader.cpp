#include <algorithm>

#include "base/number.hpp"
#include "media/caption.hpp"
#include "media/language.hpp"
#include "rtsp/core/caption.hpp"
#include "rtsp/core/fmtp.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

namespace {

std::string_view next_word(std::string_view& text) {
    text = trim(text);
    auto const end = text.find_first_of(" \t");
    auto const word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::optional<std::uint8_t> payload_type(std::string_view text) {
    auto const type = base::parse_number<std::uint8_t>(text);
    return type && *type <= 127 ? type : std::nullopt;
}

// One m= section while its lines are read. The views point into the text.
struct Section {
    MediaDescription media;
    std::vector<FormatLines> formats;     // in the order of the m= line
    std::string_view foreign_parameters;  // a=fmtp of a payload type that is not in the m= line
    std::string_view language;            // the first a=lang
    std::string_view title;               // i=
};

class Reader {
public:
    std::expected<SessionDescription, std::string> read(std::string_view text) {
        std::size_t lines = 0;
        while (!text.empty() && error_.empty()) {
            if (++lines > kMaxSdpLines) return std::unexpected("SDP has too many lines");
            auto const line = trim(next_line(text));
            // Some cameras add lines of their own ("thread=0 0"), or leave v=0 out.
            if (line.size() >= 2 && line[1] == '=') on_line(line[0], line.substr(2));
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
        if (type == 'i' && section_) section_->title = trim(value);
        if (type == 'a') on_attribute(value);
    }

    // m=video 0 RTP/AVP 97 96
    void begin_section(std::string_view value) {
        finish_section();
        if (out_.medias.size() == kMaxMedias) {
            error_ = "SDP has too many medias";
            return;
        }
        section_.emplace();
        auto& media = section_->media;
        media.type = next_word(value).substr(0, kMaxEncodingName);
        next_word(value);  // port
        if (!next_word(value).starts_with("RTP/")) {
            media.unsupported = "media " + media.type + " is not RTP";
            return;
        }
        while (!trim(value).empty() && section_->formats.size() < kMaxFormats) {
            if (auto const type = payload_type(next_word(value))) {
                section_->formats.push_back({.payload_type = *type});
            }
        }
        if (section_->formats.empty()) media.unsupported = "no payload type is given";
    }

    void on_attribute(std::string_view value) {
        auto const colon = value.find(':');
        auto const key = value.substr(0, colon);
        auto rest = colon == std::string_view::npos ? std::string_view{} : value.substr(colon + 1);
        if (key == "control") {
            (section_ ? section_->media.control : out_.control) = trim(rest);
        }
        if (key == "lang") {
            auto& language = section_ ? section_->language : language_;
            if (language.empty()) language = trim(rest);
        }
        if (key == kCaptionsAttribute && !section_) {
            out_.caption_languages = media::caption_languages(trim(rest));
        }
        if (!section_) return;
        if (key == "sendonly") section_->media.back_channel = true;
        if (key != "rtpmap" && key != "fmtp") return;
        auto const type = payload_type(next_word(rest));
        auto const format = std::ranges::find(section_->formats, type, &FormatLines::payload_type);
        if (format != section_->formats.end()) {
            (key == "rtpmap" ? format->map : format->parameters) = trim(rest);
        } else if (key == "fmtp") {
            section_->foreign_parameters = trim(rest);
        }
    }

    void finish_section() {
        if (!section_ || !error_.empty()) return;
        auto& media = section_->media;
        if (media.unsupported.empty()) choose_format();
        if (media.track && media.track->kind() == media::Kind::audio) {
            media.track->language =
                media::language_tag(section_->language.empty() ? language_ : section_->language);
            media.track->name = media::track_name(section_->title);
        }
        out_.medias.push_back(std::move(media));
        section_.reset();
    }

    // Chooses the first format that we carry. The others are retransmissions or alternatives.
    void choose_format() {
        auto& media = section_->media;
        auto& formats = section_->formats;
        auto const foreign_parameters = section_->foreign_parameters;
        bool const foreign =
            formats.size() == 1 && formats[0].parameters.empty() && !foreign_parameters.empty();
        if (foreign) formats[0].parameters = foreign_parameters;
        for (auto const& format : formats) {
            media.other_types.push_back(format.payload_type);
            if (media.track) continue;
            auto tried = media;
            apply_format(format, tried);
            if (!tried.track) {
                media.unsupported += (media.unsupported.empty() ? "" : ", ") + tried.unsupported;
                if (media.encoding.empty()) media.encoding = tried.encoding;
            } else {
                media = std::move(tried);
                media.unsupported.clear();
            }
        }
        if (!media.track) return;
        std::erase(media.other_types, media.payload_type);
        if (foreign) add_remark(media, "its fmtp names another payload type");
    }

    SessionDescription out_;
    std::optional<Section> section_;
    std::string_view language_;  // of medias that do not say theirs
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
