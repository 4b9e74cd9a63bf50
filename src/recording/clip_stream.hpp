// A clip as the bytes that a client gets. Blocks; one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "recording/clip.hpp"

namespace tidegate::recording {

// A clip as a fragmented file, a fragment for each part of the recording. What is from before the
// start has no duration: a player decodes it and shows what is due at the start.
class ClipFragments {
public:
    // Reads up to the first fragment, so that a clip without samples is an error here. The first
    // piece is the beginning of the file.
    static std::expected<ClipFragments, CatalogueError> open(ClipAsk ask);

    // nullopt: the end. The error is a sentence.
    std::expected<std::optional<ClipPiece>, std::string> next();

private:
    explicit ClipFragments(Clip clip) : clip_(std::move(clip)) {}
    std::expected<std::optional<ClipPiece>, std::string> fragment();

    Clip clip_;
    std::vector<ClipPiece> first_;  // in reverse order
    std::uint32_t sequence_ = 0;
};

// The most samples of a clip that is one file: seven hours of pictures and sound. Its tables are
// made in memory before the first byte is sent.
inline constexpr std::size_t kMaxFileSamples = 2'000'000;

// A clip as one plain MP4 file, whose tables stand in front of the media.
std::expected<ClipPiece, CatalogueError> clip_file(ClipAsk ask);

}  // namespace tidegate::recording
