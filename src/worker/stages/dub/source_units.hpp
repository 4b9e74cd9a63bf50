// The access units in which the source's sound has come, and where each lies on the line. A
// fragment that begins and ends with units is sent to the speech service as it came: it was encoded
// once already, and what is encoded again costs more than decoding does and sounds worse. Only of
// AAC-LC whose sound is on the line as it was decoded, and without a gap. Pure; helper thread.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "base/bytes.hpp"
#include "dub/position.hpp"
#include "media/track.hpp"

namespace tidegate::worker {

class SourceUnits {
public:
    // format: of the line.
    explicit SourceUnits(media::AudioFormat format) : format_(format) {}

    // The units that follow are described so.
    void set_track(media::Track const& track);
    // The next unit, and the position of the sound that a decoder gives of it. REQUIRES: it was
    // decoded without an error to kAacFrames frames of the line's format.
    void add(dub::Position at, base::ByteView unit);
    // What follows does not go on where the last unit ended.
    void interrupt() { units_.clear(); }

    // The beginning of a unit that is nearest to a position, from `least` on. The position itself
    // if no unit begins near it.
    dub::Position nearest(dub::Position to, dub::Position least) const;
    // The sound of [first, end) in ADTS frames. A decoder gives kAacPriming frames before it.
    // nullopt: it does not begin with a unit that has one before it, or does not end with a unit.
    std::optional<base::Bytes> adts(dub::Position first, dub::Position end) const;
    // Nobody will ask for sound before that.
    void forget_before(dub::Position at);

private:
    struct Unit {
        dub::Position at = 0;
        base::Bytes bytes;
    };
    std::optional<std::size_t> find(dub::Position at) const;
    std::optional<std::size_t> end_of(dub::Position end) const;

    media::AudioFormat const format_;
    std::optional<media::AacConfig> config_;  // nullopt: no units that can be sent
    std::deque<Unit> units_;                  // without a gap between them
};

}  // namespace tidegate::worker
