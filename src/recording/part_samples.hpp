// The samples that a part of a recorded file tells of. The bytes may be anybody's. Pure functions;
// any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "mp4/fragment_reader.hpp"
#include "mp4/movie.hpp"

namespace tidegate::recording {

// The largest description of a part: a minute of 1,000 samples a second.
inline constexpr std::uint64_t kMaxPartHeader = 1024 * 1024;
// How many samples a part may have: several minutes of pictures and sound.
inline constexpr std::size_t kMaxPartSamples = 100'000;

// A part of a file: a moof box and the mdat box behind it.
struct PartPlace {
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    std::uint32_t header_size = 0;  // of the moof box
    bool operator==(PartPlace const&) const = default;
};

using PartSamples = std::expected<std::vector<mp4::TrackSample>, std::string>;

// In the order of the boxes. moof: the whole box. All bytes of the samples are in the part. only:
// those of this track. The error is a sentence.
PartSamples samples_of(mp4::Movie const& movie, base::ByteView moof, PartPlace const& place,
                       std::optional<std::size_t> only = {});

}  // namespace tidegate::recording
