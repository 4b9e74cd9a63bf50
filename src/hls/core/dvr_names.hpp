// The names of the files that a player gets of a recording. They say all that the answer depends
// on, so the server keeps nothing for a player, and a name means the same after its restart:
//   dvr_<file>_<number>_<tracks>_stream.m3u8   the media playlist that begins with this segment
//   dvr_<file>_<number>_<origin>_<tracks>.mp4  a segment: a stretch of a recorded file
//   dvr_<file>_init_<tracks>.mp4               what a decoder needs first
// <file>: when the recorded file begins, in microseconds since 1970. <origin>: the same on the
// clock of the list's media, which goes on from file to file. <tracks>: "v" is the video, "a2" the
// second sound, "va1" the video with the first sound. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::hls {

inline constexpr std::string_view kDvrPrefix = "dvr_";

// One of them at least.
struct DvrTracks {
    bool video = false;
    unsigned audio = 0;  // which of the sounds, from 1; 0: none
    bool operator==(DvrTracks const&) const = default;
};

enum class DvrKind : std::uint8_t { playlist, segment, init };

struct DvrName {
    DvrKind kind = DvrKind::segment;
    std::int64_t file = 0;
    std::uint32_t number = 0;  // of the segment in the file; of an init 0
    std::int64_t origin = 0;   // of a segment only
    DvrTracks tracks;
    bool operator==(DvrName const&) const = default;
};

// Reads the last component of a URL's path. nullopt: dvr_name() makes no such name.
std::optional<DvrName> parse_dvr_name(std::string_view name);

std::string dvr_name(DvrName const& name);
// Of a playlist, without its ending "_stream.m3u8".
std::string dvr_stream_id(DvrName const& name);

}  // namespace tidegate::hls
