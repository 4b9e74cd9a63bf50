// The JSON body of a hook's POST, checked against specs/001-mediamtx-integration/contracts/
// hook-events.json. Pure; any thread. Total: every byte string gives an event or the reason against
// it.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/query_limits.hpp"
#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxBodyDepth = 16;  // extra fields may nest; ours do not
inline constexpr std::size_t kMaxBodyFields =
    64;  // four are known, the rest is room for later ones
inline constexpr std::size_t kMaxPathBytes = 256;       // live/<128>/out has 137
inline constexpr std::size_t kMaxSourceTypeBytes = 64;  // the longest known has 15
inline constexpr std::size_t kMaxSourceIdBytes = 128;   // a UUID has 36

// Whatever query the router accepts, its hook's body fits: every byte may need the longest escape.
inline constexpr std::size_t kMaxHookBodyBytes = 64 * 1024;
inline constexpr std::size_t kMaxOtherFieldsBytes = 8 * 1024;  // blanks, names, later fields
static_assert(base::kMaxJsonEscapeBytes * (base::kMaxQueryBytes + kMaxPathBytes +
                                           kMaxSourceTypeBytes + kMaxSourceIdBytes) +
                  kMaxOtherFieldsBytes <=
              kMaxHookBodyBytes);

struct HookBody {
    std::string path;
    std::string query;
    std::string source_type;
    std::string source_id;
    base::StreamPath stream;  // what the path says
};

struct FieldError {
    std::string field;
    std::string detail;
};

struct HookBodyError {
    bool is_json =
        false;  // false: 400, the text is not acceptable JSON; true: 422, its content is not
    std::string detail;
    std::vector<FieldError> fields;  // every field that is wrong, in the contract's order
};

std::expected<HookBody, HookBodyError> parse_hook_body(std::string_view text);

}  // namespace tidegate::orchestrator
