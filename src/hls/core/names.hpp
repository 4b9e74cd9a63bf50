// The names of the files that a muxer serves, as MediaMTX gives them:
//   index.m3u8                       the multivariant playlist
//   <id>_stream.m3u8                 a media playlist; id: video1, audio2, or main for MPEG-TS;
//                                    subs1 and so on are ours: captions
//   <prefix>_<id>_init.mp4           what a decoder needs first. After a change: init2, init3, ...
//   <prefix>_<id>_seg<N>.mp4         a segment; .ts of MPEG-TS, .vtt of captions
//   <prefix>_<id>_part<N>.mp4        a part of a segment
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::hls {

inline constexpr std::string_view kIndexName = "index.m3u8";
// The URI of a segment that does not exist (EXT-X-GAP). Nothing has this name.
inline constexpr std::string_view kGapName = "gap.mp4";
inline constexpr std::size_t kPrefixDigits = 12;
// The longest id that is looked for. Ours are shorter.
inline constexpr std::size_t kMaxIdSize = 15;

enum class FileKind : std::uint8_t { index, playlist, init, segment, part };

struct FileName {
    FileKind kind = FileKind::index;
    std::string prefix;        // empty for playlists
    std::string id;            // of the stream; empty for the index
    std::uint64_t number = 0;  // of an init, a segment or a part. The first init has number 1.
    bool mpegts = false;       // a segment that ends in .ts
    bool web_vtt = false;      // a segment that ends in .vtt
    bool operator==(FileName const&) const = default;
};

// Reads the last component of a URL's path. nullopt when no muxer has a file of that name: a
// caller answers 404. A name with a slash is never one. ".mp" counts as ".mp4": iOS cuts it so.
std::optional<FileName> parse_file_name(std::string_view name);

std::string file_name(FileName const& file);

}  // namespace tidegate::hls
