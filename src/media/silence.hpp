// A unit of silence for a track of sound, in the codec of the track, so that nothing has to be
// encoded. It stands where a publisher's sound is missing. Each of them is the shortest that the
// codec's syntax allows:
//   Opus   a CELT frame that begins with its silence flag (RFC 6716 §4.3)
//   G.711  the code nearest to 0
//   MP3    the last frame's header, and a main data of no bits (ISO/IEC 11172-3 §2.4.1.7)
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace tidegate::media {

struct Silence {
    base::SharedBytes unit;
    std::uint32_t ticks = 0;  // how long it lasts
    std::uint32_t rate = 1;   // ticks per second
    base::Timestamp duration() const { return base::from_ticks(ticks, rate); }
    // How long `count` of them last together, without a rounding error that adds up.
    base::Timestamp duration(std::uint64_t count) const {
        return base::from_ticks(static_cast<std::int64_t>(count * ticks), rate);
    }
};

// last_unit: of the track; only MP3 needs it. nullopt: there is no silence for this track. That is
// so for AC-3, E-AC-3 and FLAC, for Opus of more than two channels, and for AAC of which only a
// program config element tells the channels, or which is not AAC-LC at its core.
std::optional<Silence> silence_of(Track const& track, base::ByteView last_unit = {});

}  // namespace tidegate::media
