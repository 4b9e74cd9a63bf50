// The original sound by its position, without clicks: where the source has a gap, its sound fades
// out and in. A gap that is not longer than a fade is bridged: one lost unit of Opus or AAC is no
// silence. Memory is allocated once. Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dub/fader.hpp"
#include "dub/position.hpp"
#include "media/track.hpp"

namespace tidegate::dub {

// Pieces of sound between gaps. Drift makes no gap shorter than 8 ms, so a minute has fewer than
// this; what a hostile source sends beyond is left out.
inline constexpr std::size_t kMaxRuns = 4096;

class SourceLine {
public:
    SourceLine(media::AudioFormat format, Frames capacity, Position start);

    // As Timeline::put().
    Frames put(Position at, std::span<float const> samples);
    // Writes the next `out.size()` samples, and moves position(). Returns the frames of them in
    // which the source has a gap.
    Frames read(std::span<float> out);

    Position position() const { return position_; }
    // The end of the newest sound; position() if there is none ahead.
    Position end() const;
    std::size_t memory() const { return ring_.capacity() * sizeof(float); }

private:
    struct Run {
        std::int64_t id = 0;
        Position first = 0;
        Position end = 0;
        bool operator==(Run const&) const = default;
    };
    // The run that is heard; -1: silence.
    using Voice = std::int64_t;

    // What is wanted at a position, and until where that stays so.
    struct Wanted {
        Voice voice;
        Position until;
    };

    std::size_t index(Position at) const;
    Frames ring_frames() const;
    Run const& run(Voice voice) const;
    Wanted wanted(Position at) const;
    Position source_of(Run const& run, Position at) const;
    void store(Position at, std::span<float const> samples);
    void copy(std::span<float> out, Position at) const;
    void add(std::span<float> out, Position at, Voice voice, std::span<float const> weights) const;
    void read_piece(std::span<float> out, Position at) const;
    void forget();

    std::size_t channels_;
    Frames capacity_;
    Position position_;
    FadeCurve curve_;
    Fader<Voice> fader_;
    std::vector<float> ring_;  // the sample of a position is at position modulo its frames
    std::vector<Run> runs_;
    std::int64_t next_run_ = 0;
};

}  // namespace tidegate::dub
