// A request for a file of a muxer, read once. While a reader waits, it is held against each new
// edition (edition.hpp). A plain value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hls/core/names.hpp"
#include "hls/core/query.hpp"

namespace tidegate::hls {

struct Request {
    FileName file;
    // Put behind each URI of a playlist, without '?'.
    std::string uri_query;
    // The directives of a blocking reload (RFC 8216bis §6.2.5).
    std::optional<std::uint64_t> msn;
    std::optional<std::uint64_t> part;
    bool skip = false;         // a delta update is wanted
    bool bad_request = false;  // a directive that is no number, or a part without msn
};

// query: the client's, with its directives. uri_query: what the URIs of a playlist shall carry.
Request make_request(FileName file, Query const& query, std::string uri_query);

}  // namespace tidegate::hls
