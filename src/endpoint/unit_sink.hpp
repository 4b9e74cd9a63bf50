// Takes tracks and units: the next step of a program that moves media from an Input to an Output.
// One loop.
#pragma once

#include <string>
#include <vector>

#include "media/caption.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::endpoint {

class UnitSink {
public:
    virtual ~UnitSink() = default;
    // Called before the first unit, and again when a track's configuration has changed or the
    // source has returned. The number of tracks and their codecs never change in a run.
    virtual void on_tracks(media::Tracks const& tracks) = 0;
    // dts rises strictly within each track. pts may be earlier than dts, since some encoders set
    // dts too late, and RTP has no dts.
    virtual void on_unit(media::Unit const& unit) = 0;
    // The languages in which on_caption() will tell what is said. Once, before the first
    // on_tracks().
    virtual void on_caption_languages(std::vector<std::string> const&) {}
    // Its times are those of the units, and it comes before the units of its time.
    virtual void on_caption(media::Caption const&) {}
    // The last call.
    virtual void on_end() = 0;
};

}  // namespace tidegate::endpoint
