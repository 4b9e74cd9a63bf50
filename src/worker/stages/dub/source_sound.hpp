// The source's sound on the line of the output: decoded, brought to the line's format, and laid
// where its timestamps say, whatever they and the sample clock of the source do. Helper thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "codec/decoder.hpp"
#include "codec/resampler.hpp"
#include "dub/drift.hpp"
#include "dub/position.hpp"
#include "media/track.hpp"
#include "worker/stages/dub/source_units.hpp"

namespace tidegate::worker {

class SourceSound {
public:
    // Sound of the line: its position, which rises, and whole frames.
    using Lay = std::function<void(dub::Position at, std::span<float const> samples)>;

    // origin: the time of position 0. format: of the line.
    SourceSound(base::Timestamp origin, media::AudioFormat format, Lay lay);

    // The source's description: before the first unit, and when it has changed.
    void set_track(media::Track const& track);
    void take(base::ByteView unit, base::Timestamp pts);
    // Nothing follows what came so far, at least not at once. Returns the frames that this has
    // laid.
    dub::Frames finish();

    // The end of what was laid.
    dub::Position end() const { return end_; }
    std::uint64_t damaged() const { return damaged_; }  // units
    // As they came. They are kept until somebody forgets them.
    SourceUnits& units() { return units_; }
    SourceUnits const& units() const { return units_; }

private:
    void take(codec::Sound const& sound, base::ByteView unit);
    void keep(codec::Sound const& sound, base::ByteView unit, dub::Drift::Placement const& place);
    void lay(dub::Position at);
    bool prepare(media::AudioFormat format);

    dub::Drift drift_;
    media::AudioFormat const format_;
    Lay const lay_;
    std::optional<codec::Decoder> decoder_;
    std::optional<codec::Resampler> resampler_;
    SourceUnits units_;
    std::vector<codec::Sound> sounds_;  // kept for their memory
    std::vector<float> samples_;        // likewise
    dub::Position end_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace tidegate::worker
