#include "rtsp/core/server_paths.hpp"

#include <charconv>

namespace tidegate::rtsp {

namespace {

constexpr std::string_view kTrack = "/trackID=";

// Cuts the last /trackID= and what follows off; what follows, or nullopt.
std::optional<std::string> cut_track(std::string& text) {
    auto const at = text.rfind(kTrack);
    if (at == std::string::npos) return std::nullopt;
    auto id = text.substr(at + kTrack.size());
    text.resize(at);
    return id;
}

std::expected<std::uint16_t, std::string> number(std::string_view id) {
    if (id.empty()) return 0;  // "trackID=" alone means the first
    std::uint16_t value = 0;
    auto const* const end = id.data() + id.size();
    auto const parsed = std::from_chars(id.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::unexpected("invalid track id");
    return value;
}

}  // namespace

StreamName without_trailing_slash(Url const& url) {
    StreamName name{url.path, url.query};
    if (name.query.ends_with('/')) {
        name.query.pop_back();
    } else if (name.path.ends_with('/')) {
        name.path.pop_back();
    }
    return name;
}

std::expected<TrackName, std::string> track_name(Url const& url) {
    TrackName name{{url.path, url.query}, 0};
    auto id = cut_track(name.stream.query);
    // The path has lost its leading slash: a whole path of trackID=0 names the empty stream.
    if (!id) {
        auto path = "/" + name.stream.path;
        id = cut_track(path);
        if (id) name.stream.path = path.empty() ? path : path.substr(1);
    }
    if (id) {
        auto const track = number(*id);
        if (!track) return std::unexpected(track.error());
        name.track = *track;
        return name;
    }
    if (!url.path.empty() && !url.path.ends_with('/') && !url.query.ends_with('/')) {
        return std::unexpected("invalid SETUP path: it names no track");
    }
    name.stream = without_trailing_slash(url);
    return name;
}

}  // namespace tidegate::rtsp
