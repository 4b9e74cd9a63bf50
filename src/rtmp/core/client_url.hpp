// An RTMP address as people type it, split into app and key as FFmpeg and GStreamer split it. Plain
// values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::rtmp {

// How user and password reach the server.
enum class LoginForm : std::uint8_t {
    in_query,    // as "user=...&pass=..." of the key, where MediaMTX and media-router look for them
    when_asked,  // never in clear: only as an answer to a server that asks (adobe_login.hpp)
};

struct ClientUrl {
    bool tls = false;            // the scheme is rtmps
    std::string host;            // without the brackets of an IPv6 literal
    std::uint16_t port = 1935;   // 1936 for rtmps
    std::string user, password;  // decoded; never part of tc_url
    // The first two elements of the path, e.g. "live/demo"; the only one of rtmp://host/stream,
    // which then has the query, too.
    std::string app;
    // The rest of the path with the query, e.g. "in?user=u&pass=p"; may be empty.
    std::string key;
    std::string tc_url;  // "rtmp://host:port/app"
    LoginForm login = LoginForm::in_query;
    // The answer to a server that has asked for a login. Stands behind app and tc_url, which does
    // not change the app.
    std::string login_query;
};

// Adds user and password to the query of the key (of app, where there is no key) as
// "user=...&pass=...", where MediaMTX and media-router look for them. Nothing changes when the
// query names a user already, or when there is no user.
void add_credentials_to_query(ClientUrl& url);

// The error is a sentence for the user, e.g. "scheme must be rtmp or rtmps".
std::expected<ClientUrl, std::string> parse_client_url(std::string_view text);

// The address of another service's ingest, rtmp://[user:password@]host[:port]/app/key. What stands
// behind '#' is the key; without it, what stands behind the last slash of the path, and the query.
// The key is passed on as it is written. It must not be empty. Port 443 is the usual one of rtmps.
std::expected<ClientUrl, std::string> parse_target_url(std::string_view text);

}  // namespace tidegate::rtmp
