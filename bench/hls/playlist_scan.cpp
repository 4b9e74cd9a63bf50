#include "hls/playlist_scan.hpp"

#include <algorithm>
#include <charconv>

namespace tidegate::bench {

namespace {

std::string_view take_line(std::string_view& text) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

std::uint64_t number_at(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string_view quoted(std::string_view line, std::string_view key) {
    auto const at = line.find(key);
    if (at == std::string_view::npos) return {};
    auto const value = line.substr(at + key.size());
    return value.substr(0, value.find('"'));
}

}  // namespace

std::optional<PlaylistScan> scan_playlist(std::string_view text) {
    constexpr std::string_view kPart = "#EXT-X-PART:", kSequence = "#EXT-X-MEDIA-SEQUENCE:";
    PlaylistScan scan;
    bool found = false;
    while (!text.empty()) {
        auto const line = take_line(text);
        if (line.starts_with("#EXTINF:")) {
            ++scan.next_msn;
            scan.next_part = 0;
        } else if (line.starts_with(kPart)) {
            auto const uri = quoted(line, "URI=\"");
            auto const at = uri.find("_part");
            if (at == std::string_view::npos) return std::nullopt;
            scan.parts.push_back({number_at(uri.substr(at + 5)), uri});
            ++scan.next_part;
        } else if (line.starts_with(kSequence)) {
            scan.next_msn += number_at(line.substr(kSequence.size()));
            found = true;
        }
    }
    return found ? std::optional(std::move(scan)) : std::nullopt;
}

IndexScan scan_index(std::string_view text) {
    IndexScan scan;
    while (!text.empty()) {
        auto const line = take_line(text);
        if (line.starts_with("#EXT-X-MEDIA:")) scan.audio = quoted(line, "URI=\"");
        if (!line.empty() && !line.starts_with('#') && scan.video.empty()) scan.video = line;
    }
    return scan;
}

}  // namespace tidegate::bench
