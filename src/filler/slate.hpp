// A clip from a file that is shown in a loop while a source is away: MP4 (fragmented or not) or
// FLV. Its media is kept in memory as it is coded. An immutable value; any thread. Reading the file
// blocks.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::filler {

// The largest file: a minute of 8 Mbit/s. It stays in memory.
inline constexpr std::size_t kMaxSlateFile = std::size_t{64} * 1024 * 1024;
// The most units: an hour of sound and picture.
inline constexpr std::size_t kMaxSlateUnits = 400'000;

struct Slate {
    media::Tracks tracks;
    // By track, with dts rising. Each begins with a unit that can be decoded alone. The earliest
    // dts of all is 0.
    std::vector<std::vector<media::Unit>> units;
    base::Timestamp duration{};  // after which it begins again; more than 0
};

// The error is a sentence that begins with the file's name.
std::expected<Slate, std::string> read_slate(std::string const& file);
// The same of a file in memory. The error is a part of a sentence: "the file has no tracks".
std::expected<Slate, std::string> parse_slate(base::SharedBytes file);

namespace detail {

struct SlateMedia {
    media::Tracks tracks;
    std::vector<media::Unit> units;  // those of a track in the order of the file
};
std::expected<SlateMedia, std::string> read_mp4_slate(base::SharedBytes const& file);
std::expected<SlateMedia, std::string> read_flv_slate(base::SharedBytes const& file);

}  // namespace detail

}  // namespace tidegate::filler
