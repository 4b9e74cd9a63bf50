// A stream's tracks, and their text in the Control API, which is made once, when it is first asked
// for: a list of a thousand paths must not parse a thousand parameter sets. Immutable; any thread.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "media/track.hpp"

namespace tidegate::router {

class ShownTracks {
public:
    explicit ShownTracks(media::Tracks tracks) : tracks_(std::move(tracks)) {}

    media::Tracks const& get() const { return tracks_; }
    // "tracks":[...],"tracks2":[...] (contract §4.5)
    std::string const& json() const;

private:
    media::Tracks tracks_;
    mutable std::once_flag once_;
    mutable std::string json_;
};

}  // namespace tidegate::router
