// What a request to the HLS server is for, by its path (MediaMTX's order of rules). Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::router {

enum class HlsTargetKind : std::uint8_t {
    nothing,   // 404
    index,     // the playlist that begins a session: index.m3u8
    file,      // any other playlist or piece of media
    page,      // the page with a player: the path's name and a slash
    no_slash,  // a path's name without the slash: redirected to the page
};

struct HlsTarget {
    HlsTargetKind kind = HlsTargetKind::nothing;
    std::string path{};  // the stream's: "live/demo/in"
    std::string file{};  // "index.m3u8", "video1_stream.m3u8"
};

// url_path: decoded, as in http::Request::path.
HlsTarget hls_target_of(std::string_view url_path);

// Where a request without the slash is sent. It stays on this server whatever the path is: no "//"
// and no "/\" at its front.
std::string hls_page_location(std::string_view url_path, std::string_view query);

}  // namespace tidegate::router
