#include "router/hls/target.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <vector>

namespace tidegate::router {

namespace {

constexpr std::string_view kPlayerScript = "hls.min.js";  // MediaMTX's; its page is not ours

bool is_file(std::string_view name) {
    return name.ends_with(".m3u8") || name.ends_with(".ts") || name.ends_with(".mp4") ||
           name.ends_with(".mp") || name.ends_with(".vtt");
}

// Without empty and dot segments, as Go's path.Clean() does.
std::string cleaned(std::string_view path) {
    std::vector<std::string_view> kept;
    while (!path.empty()) {
        auto const segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
        if (segment == ".." && !kept.empty()) kept.pop_back();
        if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
    }
    std::string clean;
    for (auto const segment : kept) clean.append(clean.empty() ? "" : "/").append(segment);
    return clean;
}

}  // namespace

HlsTarget hls_target_of(std::string_view url_path) {
    if (!url_path.starts_with('/')) return {};
    auto const path = url_path.substr(1);
    auto const slash = path.rfind('/');
    auto const name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (path.empty() || path == "favicon.ico" || name.starts_with(kPlayerScript)) return {};
    if (is_file(name)) {
        auto const dir = slash == std::string_view::npos ? "." : path.substr(0, slash);
        auto const kind = name == "index.m3u8" ? HlsTargetKind::index : HlsTargetKind::file;
        return {kind, std::string(dir), std::string(name)};
    }
    if (!name.empty()) return {HlsTargetKind::no_slash, std::string(path), {}};
    return {HlsTargetKind::page, std::string(path.substr(0, slash)), {}};
}

std::string hls_page_location(std::string_view url_path, std::string_view query) {
    auto path = cleaned(url_path);
    path.erase(0, path.find_first_not_of("/\\"));
    namespace urls = boost::urls;
    auto location = "/" + urls::encode(path, urls::pchars + '/') + "/";
    if (!query.empty()) location.append("?").append(query);
    return location;
}

}  // namespace tidegate::router
