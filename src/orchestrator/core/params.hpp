// Per-stream worker settings from the ingest query (`?lang=es&voice=a`): checked key/value pairs,
// which reach the worker as `--param key=value` and the API. Pure; any thread. Credentials are
// dropped without a trace; what else is refused is named by key and reason, never by value.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/query_limits.hpp"

namespace tidegate::orchestrator {

// What a hook may tell, and room for the *** of masked credentials that were shorter.
inline constexpr std::size_t kMaxQueryLength = 2 * base::kMaxHookQueryBytes;
inline constexpr std::size_t kMaxQueryPairs = 64;      // split work stays linear and small
inline constexpr std::size_t kMaxParams = 16;          // each is two argv words
inline constexpr std::size_t kMaxParamKeyLength = 32;  // [a-z][a-z0-9_-]{0,31}
inline constexpr std::size_t kMaxParamValueLength =
    256;  // bytes after decoding; a setting, not a document

// Sorted by key, so that equal settings compare equal whatever their order in the query.
using Params = std::map<std::string, std::string>;

enum class ParamError {
    query_too_long,  // whole query refused
    too_many,        // pairs beyond the limits
    bad_key,         // not [a-z][a-z0-9_-]{0,31}; the key is not repeated, it may be anything
    bad_encoding,    // % without two hex digits, or bytes that no URL has
    value_too_long,
    value_not_text,  // control characters or invalid UTF-8
    duplicate,       // the first one counts
};
std::string_view describe(ParamError error);

struct RejectedParam {
    std::string key;  // empty when it was the key itself
    ParamError error;
    bool operator==(RejectedParam const&) const = default;
};

struct ParsedQuery {
    Params params;
    std::vector<RejectedParam> rejected;  // at most kMaxParams are reported
};

// MTX_QUERY encodes the whole query once more (lang%3Des%26x%3D1): that layer is taken off.
std::string unwrap_query(std::string_view query);

// Total: a bad pair is refused, the others stand; a live stream is never lost to a typo in its
// query. Unwraps the query first.
ParsedQuery parse_query(std::string_view query);

bool is_param_key(std::string_view key);
bool is_param_value(std::string_view value);

// {"--param", "lang=es", ...}: the value is never an argv word of its own, so never an option.
std::vector<std::string> to_arguments(Params const& params);
// The reverse, from the whole argv of a worker that runs: what follows each --param.
Params from_arguments(std::vector<std::string> const& arguments);

}  // namespace tidegate::orchestrator
