// Collects the tracks that a publisher sends but no reader gets, so that the log can name each of
// them once. One per publication, used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/track.hpp"

namespace tidegate::flv {

enum class LeftOutReason : std::uint8_t {
    unsupported,   // we do not carry its codec
    too_many,      // the stream has as many tracks as it may have
    unconfigured,  // its frames came, but its decoder configuration did not
    other_codec,   // its frames do not have the codec of its sequence header
};

class LeftOut {
public:
    // Notes a track. Returns it in words, e.g. "AV1 video (not supported)", the first time; nullopt
    // when it has been noted before, and when kMostNamed tracks have.
    std::optional<std::string> note(std::string_view codec, media::Kind kind, std::uint8_t track_id,
                                    LeftOutReason reason);
    bool empty() const { return seen_.empty(); }
    // All noted tracks in one line.
    std::string text() const;

private:
    // No honest publisher has more tracks; a hostile one must not fill the memory and the log.
    static constexpr std::size_t kMostNamed = media::kMaxTracks;

    std::vector<std::string> seen_;
};

}  // namespace tidegate::flv
