// The files of the spool. One that is accepted stays the same when it is written and read again,
// and makes a key that is safe, or none.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "archive/core/object_key.hpp"
#include "archive/spool/entry.hpp"
#include "checks.hpp"

using namespace tidegate::archive;
using tidegate::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const entry = parse_entry(text)) {
        require(entry->file.starts_with('/') &&
                entry->duration.find_first_of("\r\n") == std::string::npos);
        require(parse_entry(to_text(*entry)) == *entry);
        auto const key = object_key("%path/%Y/%file", {entry->path, entry->file, {}});
        require(!key ||
                (key->size() <= kMaxKeyBytes && !key->contains("/../") && !key->starts_with('/')));
    }
    if (auto const state = parse_state(text)) require(parse_state(to_text(*state)) == *state);
    return 0;
}
