// What a publisher sends and nobody will get: each track is named once. Plain; owned by one
// session.
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
    unsupported,   // a codec that is not carried
    second,        // one track of each kind is
    unconfigured,  // frames of a track whose configuration never came
};

class LeftOut {
public:
    // The track in words, "AV1 video (not supported)", the first time it is seen.
    std::optional<std::string> note(std::string_view codec, media::Kind kind, std::uint8_t track_id,
                                    LeftOutReason reason);
    bool empty() const { return seen_.empty(); }
    // All of them in one line.
    std::string text() const;

private:
    // As many as a sane publisher can have; beyond it a hostile one could fill memory and log.
    static constexpr std::size_t kMostNamed = media::kMaxTracks;

    std::vector<std::string> seen_;
};

}  // namespace tidegate::flv
