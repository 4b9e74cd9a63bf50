// The queries of ready hooks, which carry the settings of workers, until a router's list shows
// their source. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

// How many are kept; the oldest is dropped for a new one. Anybody who reaches us can forge hooks,
// so the number is bounded. It is four seconds of a thousand publishers a second.
inline constexpr std::size_t kMaxRememberedQueries = 4096;
// The router's source ids are UUIDs. A hook with a longer one is not the router's.
inline constexpr std::size_t kMaxSourceIdLength = 128;

class RememberedQueries {
public:
    void add(std::string_view stream_id, std::string_view source_id, std::string_view query);
    // Null: none is known. Valid until the next add().
    ParsedQuery const* find(std::string_view stream_id, std::string_view source_id) const;

private:
    struct Query {
        ParsedQuery parsed;
        std::uint64_t ticket = 0;  // its place in order_
    };
    std::map<std::string, Query, std::less<>> queries_;  // by stream and source
    std::map<std::uint64_t, std::string> order_;         // keys of queries_, oldest first
    std::uint64_t next_ticket_ = 0;
};

}  // namespace tidegate::orchestrator
