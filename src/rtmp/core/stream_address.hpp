// From connect's tcUrl and the stream key to a path name and a query: every way in which encoders
// split an address must reach the same path. Plain values; any thread.
//
//   path  = tcUrl's path without slashes at its ends + "/" + key up to '?', percent-decoded once
//   query = tcUrl's and the key's raw queries, joined by '&'
//
// Boost.URL is not used to split: this is a concatenation of text that MediaMTX and every encoder
// agree on, keys hold bytes that no strict URL parser takes (spaces, quotes, UTF-8), and the query
// must stay as it was sent. Escapes are decoded by Boost.URL.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::rtmp {

struct StreamAddress {
    std::string path;            // undecoded when its escapes are broken; no leading slash
    std::string query;           // raw
    std::string user, password;  // of tcUrl's user:pass@, decoded
};

// tc_url without a scheme (or empty) is replaced by app, which MediaMTX refuses.
StreamAddress make_stream_address(std::string_view tc_url, std::string_view app,
                                  std::string_view key);

struct QueryCredentials {
    std::string user, password, token;
};

// user, pass, and token or jwt of a query, decoded as a form ('+' is a space); the first of a name
// counts, and values with broken escapes count as absent.
QueryCredentials read_query_credentials(std::string_view query);

// Whether the query has a parameter of that name.
bool query_has(std::string_view query, std::string_view name);

}  // namespace tidegate::rtmp
