#include "router/hls/page.hpp"

#include "hls/core/query.hpp"

namespace tidegate::router {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; media-src 'self' blob:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'";

std::string escaped(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else {
            out += c;
        }
    }
    return out;
}

bool option(hls::Query const& query, std::string_view name, bool usual) {
    auto const* const value = query.get(name);
    if (value == nullptr) return usual;
    if (*value == "1" || *value == "yes" || *value == "true") return true;
    return *value == "0" || *value == "no" || *value == "false" ? false : usual;
}

std::string attributes(hls::Query const& query) {
    std::string text;
    for (auto const* const name : {"controls", "muted", "autoplay", "playsinline"}) {
        if (option(query, name, true)) text.append(" ").append(name);
    }
    if (option(query, "disablepictureinpicture", false)) text += " disablepictureinpicture";
    return text;
}

}  // namespace

http::Response hls_page(std::string_view path, std::string_view query) {
    hls::Query const asked(query);
    auto const suffix = asked.encoded().empty() ? "" : escaped("?" + asked.encoded());
    http::Response response;
    response.content_type = "text/html";
    response.headers = {{"Cache-Control", "max-age=3600"},
                        {"Content-Security-Policy", std::string(kPolicy)},
                        {"X-Content-Type-Options", "nosniff"}};
    response.body =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
        escaped(path) +
        "</title>\n<style>html,body{margin:0;height:100%;background:#1e1e1e}"
        "video{width:100%;height:100%;object-fit:contain}</style>\n</head>\n<body>\n<video" +
        attributes(asked) + ">\n<source src=\"index.m3u8" + suffix +
        "\" type=\"application/vnd.apple.mpegurl\">\n<source src=\"live.mp4" + suffix +
        "\" type=\"video/mp4\">\n</video>\n</body>\n</html>\n";
    return response;
}

}  // namespace tidegate::router
