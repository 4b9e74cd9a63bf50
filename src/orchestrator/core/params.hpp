// The settings of one stream's worker, taken from the query that its publisher connected with
// (`?lang=es&voice=a`). They are checked here, reach the worker as `--param key=value`, and are
// shown in the API. What is refused is reported by key and reason, never by value; credentials
// are dropped and not reported at all. Pure; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"

namespace tidegate::orchestrator {

// Twice the longest query that a hook carries: masking may have made it longer, since it replaces
// credentials of one or two characters by "***".
inline constexpr std::size_t kMaxQueryLength = 2 * base::kMaxHookQueryBytes;
inline constexpr std::size_t kMaxQueryPairs = 64;      // bounds the work for one query
inline constexpr std::size_t kMaxParams = 16;          // each makes two arguments of a command
inline constexpr std::size_t kMaxParamKeyLength = 32;  // [a-z][a-z0-9_-]{0,31}
// Bytes after decoding: enough for a setting, too little for a document.
inline constexpr std::size_t kMaxParamValueLength = 256;

// Sorted by key, so that equal settings compare equal whatever their order in the query.
using Params = std::map<std::string, std::string>;

enum class ParamError {
    query_too_long,  // nothing of the query is taken
    too_many,        // more pairs than the limits allow
    bad_key,         // not [a-z][a-z0-9_-]{0,31}; not repeated to anybody, for it may be anything
    bad_encoding,    // a % without two hex digits, or bytes that no URL may have
    value_too_long,
    value_not_text,  // control characters or invalid UTF-8
    duplicate,       // the first pair of this key counts
};
std::string_view describe(ParamError error);

struct RejectedParam {
    std::string key;  // empty: the key itself was refused
    ParamError error;
    bool operator==(RejectedParam const&) const = default;
};

struct ParsedQuery {
    Params params;
    std::vector<RejectedParam> rejected;  // at most kMaxParams are reported
};

// Takes off the layer of percent-encoding that the router's MTX_QUERY puts around the whole query
// (lang%3Des%26x%3D1). A query without that layer is returned as it is.
std::string unwrap_query(std::string_view query);

// Unwraps and reads a query. Every text is accepted: a bad pair is refused and the others stand, so
// that a typo never costs a live stream.
ParsedQuery parse_query(std::string_view query);

bool is_param_key(std::string_view key);
bool is_param_value(std::string_view value);

// {"--param", "lang=es", ...}. Key and value are one argument, so that no value can be taken for an
// option.
std::vector<std::string> to_arguments(Params const& params);
// The reverse: what follows each --param in the whole argv of a worker that runs already.
Params from_arguments(std::vector<std::string> const& arguments);

}  // namespace tidegate::orchestrator
