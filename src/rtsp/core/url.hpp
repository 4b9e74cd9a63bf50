// rtsp:// URLs as servers and clients see them, and how a URL names a stream and its tracks.
// Boost.URL parses the address and decodes the path; the query is kept as it was written, because
// cameras and NVRs put characters into it that a URL must not have. Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::rtsp {

struct Url {
    std::string scheme;        // rtsp or rtsps, in lower case
    std::string host;          // without brackets; an IPv6 zone stands behind '%': fe80::1%eth0
    std::uint16_t port = 554;  // 322 for rtsps
    std::string authority;     // host[:port] as written, without user and password
    std::string user;          // decoded; empty when absent
    std::string password;      // decoded
    bool has_user = false;
    std::string raw_path;  // as written, with its first slash
    std::string path;      // decoded, without its first slash
    std::string query;     // as written, without '?'
    bool has_query = false;

    // The whole URL without user and password: what a client writes into its request line.
    std::string request_url() const;
};

// The error is a sentence that says what is wrong with the URL.
std::expected<Url, std::string> parse_url(std::string_view text);

// Percent-encodes the characters of a decoded path that a URL must not have.
std::string encode_path(std::string_view path);

// Whether the text begins with rtsp:// or rtsps://, in upper or lower case.
bool is_absolute_url(std::string_view text);

// Makes the control attribute of a description absolute (RFC 2326 §C.1.1). `*` and an empty one
// mean the base itself, and an absolute URL stays. Anything else is appended in the way in which
// MediaMTX, FFmpeg and GStreamer agree.
std::string resolve_control(std::string_view base, std::string_view control);

struct StreamName {
    std::string path;   // decoded
    std::string query;  // as written
};

// The stream that DESCRIBE, PLAY or RECORD names. FFmpeg and GStreamer add a slash to the URL: one
// is removed from the end of the query, or otherwise from the end of the path.
StreamName without_trailing_slash(Url const& url);

struct TrackName {
    StreamName stream;
    std::uint16_t track = 0;
};

// The stream and the track that SETUP for reading names. The last /trackID=<n> is removed from the
// query, or otherwise from the path. A URL that ends in a slash instead means track 0. The error is
// a sentence for the 400 reply.
std::expected<TrackName, std::string> track_name(Url const& url);

}  // namespace tidegate::rtsp
