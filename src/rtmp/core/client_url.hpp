// An RTMP address as people type it, split as FFmpeg and GStreamer split it. Plain values; any
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::rtmp {

struct ClientUrl {
    bool tls = false;            // rtmps
    std::string host;            // without the brackets of an IPv6 literal
    std::uint16_t port = 1935;   // 1936 for rtmps
    std::string user, password;  // decoded; never part of tc_url
    std::string app;  // the first two path elements: "live/demo"; the only one of rtmp://h/stream
    std::string key;  // the rest with the query: "in?user=u&pass=p"; may be empty
    std::string tc_url;  // "rtmp://host:port/app"
};

// Puts user and password where MediaMTX and media-router look for them: into the query, as
// "user=...&pass=...", unless it names a user already.
void add_credentials_to_query(ClientUrl& url);

// The error is a sentence, e.g. "scheme must be rtmp or rtmps".
std::expected<ClientUrl, std::string> parse_client_url(std::string_view text);

}  // namespace tidegate::rtmp
