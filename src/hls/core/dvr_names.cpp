#include "hls/core/dvr_names.hpp"

#include "base/number.hpp"
#include "media/track.hpp"

namespace tidegate::hls {

namespace {

constexpr std::string_view kPlaylistEnding = "_stream.m3u8";
constexpr std::string_view kMediaEnding = ".mp4";
constexpr std::string_view kInitWord = "init_";
constexpr std::size_t kMostFileDigits = 16;  // up to the year 2286
constexpr std::size_t kMostNumberDigits = 6;

// Takes digits from the front as they are written: without zeros in front, unless it is 0.
template <class Number>
std::optional<Number> take_digits(std::string_view& text, std::size_t most) {
    auto const digits = text.substr(0, text.find_first_not_of("0123456789"));
    if (digits.empty() || digits.size() > most || (digits.size() > 1 && digits[0] == '0')) {
        return std::nullopt;
    }
    text.remove_prefix(digits.size());
    return base::parse_number<Number>(digits);
}

bool take_text(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

std::optional<DvrTracks> take_tracks(std::string_view& text) {
    DvrTracks tracks{.video = take_text(text, "v")};
    if (take_text(text, "a")) {
        auto const audio = take_digits<unsigned>(text, 2);
        if (!audio || *audio == 0 || *audio > media::kMaxTracks) return std::nullopt;
        tracks.audio = *audio;
    }
    if (!tracks.video && tracks.audio == 0) return std::nullopt;
    return tracks;
}

std::string tracks_text(DvrTracks const& tracks) {
    std::string text = tracks.video ? "v" : "";
    if (tracks.audio != 0) text += "a" + std::to_string(tracks.audio);
    return text;
}

}  // namespace

std::optional<DvrName> parse_dvr_name(std::string_view name) {
    if (!take_text(name, kDvrPrefix)) return std::nullopt;
    DvrName found;
    auto const file = take_digits<std::int64_t>(name, kMostFileDigits);
    if (!file || !take_text(name, "_")) return std::nullopt;
    found.file = *file;
    if (take_text(name, kInitWord)) {
        found.kind = DvrKind::init;
    } else {
        auto const number = take_digits<std::uint32_t>(name, kMostNumberDigits);
        if (!number || !take_text(name, "_")) return std::nullopt;
        found.number = *number;
    }
    bool const has_origin = !name.empty() && name[0] >= '0' && name[0] <= '9';
    if (has_origin) {
        auto const origin = take_digits<std::int64_t>(name, kMostFileDigits);
        if (!origin || !take_text(name, "_")) return std::nullopt;
        found.origin = *origin;
    } else if (found.kind == DvrKind::segment) {
        found.kind = DvrKind::playlist;
    }
    auto const tracks = take_tracks(name);
    if (!tracks || has_origin != (found.kind == DvrKind::segment)) return std::nullopt;
    found.tracks = *tracks;
    if (name != (found.kind == DvrKind::playlist ? kPlaylistEnding : kMediaEnding)) {
        return std::nullopt;
    }
    return found;
}

std::string dvr_stream_id(DvrName const& name) {
    auto text = std::string(kDvrPrefix) + std::to_string(name.file) + "_";
    if (name.kind == DvrKind::init) {
        text += kInitWord;
    } else {
        text += std::to_string(name.number) + "_";
    }
    if (name.kind == DvrKind::segment) text += std::to_string(name.origin) + "_";
    return text + tracks_text(name.tracks);
}

std::string dvr_name(DvrName const& name) {
    auto text = dvr_stream_id(name);
    return text.append(name.kind == DvrKind::playlist ? kPlaylistEnding : kMediaEnding);
}

}  // namespace tidegate::hls
