// rtsp:// URLs as both sides see them. The address and the path are parsed by Boost.URL and the
// path is percent-decoded; the query is kept as it was written, for cameras and NVRs put characters
// there that no URL may have. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::rtsp {

struct Url {
    std::string scheme;  // rtsp or rtsps, in lower case
    std::string host;    // without brackets; a zone behind '%': fe80::1%eth0
    std::uint16_t port = 554;
    std::string authority;  // host[:port] as written, without user information
    std::string user;       // decoded; empty when absent
    std::string password;
    bool has_user = false;
    std::string raw_path;  // as written, with its leading slash
    std::string path;      // decoded, without its one leading slash
    std::string query;     // raw, without '?'
    bool has_query = false;

    // Without user information: what a client writes into a request line.
    std::string request_url() const;
};

// The error is a sentence.
std::expected<Url, std::string> parse_url(std::string_view text);

// A decoded path with what is not allowed in a URL percent-encoded again.
std::string encode_path(std::string_view path);

// Does it begin with rtsp:// or rtsps://, in letters of any case?
bool is_absolute_url(std::string_view text);

// A control attribute made absolute (RFC 2326 C.1.1): `*` or empty is the base, an absolute URL
// stays, anything else is appended the way MediaMTX, FFmpeg and GStreamer agree on.
std::string resolve_control(std::string_view base, std::string_view control);

}  // namespace tidegate::rtsp
