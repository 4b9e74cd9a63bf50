// Makes a path name and a query out of connect's tcUrl and the stream key. Encoders split an
// address into these two in different ways, and all of them must reach the same path. Pure
// functions; any thread.
//
//   path   tcUrl's path without slashes at its ends, "/", and the key up to '?'; percent-decoded
//          once
//   query  the queries of tcUrl and of the key as they were sent, joined by '&'
//
// Boost.URL decodes the escapes but does not split the text: keys hold bytes that no strict URL
// parser accepts (spaces, quotes, UTF-8), and the query must stay as it was sent.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::rtmp {

struct StreamAddress {
    std::string path;   // without a slash at its start; left undecoded when an escape is broken
    std::string query;  // undecoded, without '?'
    std::string user, password;  // user:pass@ of tcUrl, decoded; empty when absent
};

// When tc_url is empty or has no scheme, app takes its place. (MediaMTX refuses such a client.)
StreamAddress make_stream_address(std::string_view tc_url, std::string_view app,
                                  std::string_view key);

struct QueryCredentials {
    std::string user, password, token;
};

// The parameters user, pass, and token or jwt of a query, decoded as a form: '+' is a space. The
// first parameter of a name counts. A value with a broken escape counts as absent, which is empty.
QueryCredentials read_query_credentials(std::string_view query);

// Whether the query has a parameter of that name, with or without a value.
bool query_has(std::string_view query, std::string_view name);

}  // namespace tidegate::rtmp
