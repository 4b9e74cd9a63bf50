// The query of a URL as MediaMTX's Go handles it: decoded, changed, and written with its keys
// sorted. So the URIs in a playlist carry a client's own query and nothing that could end an
// attribute or a line. Plain value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::hls {

class Query {
public:
    Query() = default;
    // Pairs that cannot be decoded, and pairs with a ';', are left out.
    explicit Query(std::string_view raw);

    // The first value of the key; nullptr: there is none.
    std::string const* get(std::string_view key) const;
    bool has(std::string_view key) const { return get(key) != nullptr; }
    void erase(std::string_view key);
    // Removes _HLS_msn, _HLS_part, _HLS_skip, and what later editions may add to these.
    void erase_directives();
    // Replaces all values of the key by one.
    void set(std::string_view key, std::string_view value);

    // Sorted by key; values of one key in their order. Without '?'.
    std::string encoded() const;

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace tidegate::hls
