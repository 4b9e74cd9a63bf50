// The JSON body of a hook's POST, checked against specs/001-mediamtx-integration/contracts/
// hook-events.json, and the publisher's query in it made fit to be shown. Every byte string gives
// an event or the reason why it is none. Pure; any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxBodyDepth = 16;        // unknown fields may nest; ours do not
inline constexpr std::size_t kMaxBodyFields = 64;       // we know four; others are ignored
inline constexpr std::size_t kMaxPathBytes = 256;       // the longest path of a stream has 137
inline constexpr std::size_t kMaxSourceTypeBytes = 64;  // the longest known type has 15
inline constexpr std::size_t kMaxSourceIdBytes = 128;   // a UUID has 36

// Room for every query that the router accepts, even if JSON needs its longest escape for each
// byte.
inline constexpr std::size_t kMaxHookBodyBytes = 64 * 1024;
inline constexpr std::size_t kMaxOtherFieldsBytes = 8 * 1024;  // blanks, names, unknown fields
static_assert(base::kMaxJsonEscapeBytes * (base::kMaxQueryBytes + kMaxPathBytes +
                                           kMaxSourceTypeBytes + kMaxSourceIdBytes) +
                  kMaxOtherFieldsBytes <=
              kMaxHookBodyBytes);

struct HookBody {
    std::string path;
    std::string query;
    std::string source_type;
    std::string source_id;
    base::StreamPath stream;  // the stream id and the direction that the path names
};

struct FieldError {
    std::string field;
    std::string detail;
};

struct HookBodyError {
    // False: the text is not JSON that we accept (status 400). True: it is, but not an event of the
    // schema (status 422).
    bool is_json = false;
    std::string detail;
    std::vector<FieldError> fields;  // every field that is wrong, in the schema's order
};

std::expected<HookBody, HookBodyError> parse_hook_body(std::string_view text);

// The publisher's query with its credentials replaced by "***" (http::masked_query), and without
// the layer of encoding that MTX_QUERY adds (unwrap_query).
std::string mask_query(std::string_view query);

// How many bytes of a query are kept and shown. Thousands of events are kept, and a query may be a
// hundred times as long as those that encoders send.
inline constexpr std::size_t kMaxShownQueryBytes = 4096;

// The beginning of a masked query, cut between two characters; "…" follows if it was cut.
std::string shown_query(std::string_view masked);

}  // namespace tidegate::orchestrator
