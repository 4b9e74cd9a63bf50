// What a low-latency player takes from a media playlist: where the live edge is, and which parts
// have come since. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::bench {

struct PlaylistScan {
    std::uint64_t next_msn = 0;   // of the segment that is being made
    std::uint64_t next_part = 0;  // of it: the part that a player asks for next
    struct Part {
        std::uint64_t number;
        std::string_view uri;
    };
    std::vector<Part> parts;  // in the playlist's order
};

// nullopt: it is no playlist of parts. The URIs point into the text.
std::optional<PlaylistScan> scan_playlist(std::string_view text);

// Of the master playlist: the picture's playlist and, if there is one, that of the sound.
struct IndexScan {
    std::string video, audio;
};
IndexScan scan_index(std::string_view text);

}  // namespace tidegate::bench
