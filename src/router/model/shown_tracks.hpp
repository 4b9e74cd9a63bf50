// A stream's tracks, and the text that shows them. The text is made once, when it is first asked
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
    // Returns what `make` returns for the tracks; calls it the first time only.
    std::string const& text(std::string (*make)(media::Tracks const&)) const {
        std::call_once(once_, [&] { text_ = make(tracks_); });
        return text_;
    }

private:
    media::Tracks tracks_;
    mutable std::once_flag once_;
    mutable std::string text_;
};

}  // namespace tidegate::router
