// Everything that happens to the sound of a dubbed stream: what comes from the source is decoded
// and cut into fragments, once for all languages; each language lays its answers on a line of its
// own (dub_line.hpp); and at its time the sound goes out, dubbed or as it was. Nothing in here
// waits or knows a clock. Used by the helper thread (helper.hpp), or by one thread in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "dub/cutter.hpp"
#include "media/track.hpp"
#include "worker/stages/dub/dub_line.hpp"
#include "worker/stages/dub/source_sound.hpp"

namespace tidegate::worker {

class SoundLine {
public:
    explicit SoundLine(LineSettings settings);
    SoundLine(SoundLine const&) = delete;
    SoundLine& operator=(SoundLine const&) = delete;

    // What the following calls make is collected until somebody takes it. Units come in the order
    // of their times.
    Made take_made();

    // --- from the source ---
    void set_track(media::Track const& track) { source_.set_track(track); }
    // From here on the source's sound is made into units of LineSettings::original, too: its own
    // ones do not fit to what was told of that track any more.
    void encode_original();
    void take(base::ByteView unit, base::Timestamp pts);
    // The source has sent other tracks up to this time: if the sound has stopped, what was heard of
    // it is a fragment.
    void note_time(base::Timestamp newest);
    // The source has ended: the last fragment is cut.
    void end_source();

    // --- from the service: one line for each language ---
    DubLine& line(std::size_t language) { return lines_[language]; }

    // --- to the output ---
    // Makes the units up to this time of the source.
    void advance(base::Timestamp until);
    // Makes all that is left after end_source().
    void finish();

    std::size_t memory() const;

private:
    void lay(dub::Position at, std::span<float const> samples);
    void each_line(auto const& use) {
        for (auto& line : lines_) use(line);
        if (original_) use(*original_);
    }
    void take_fragments();
    void take(dub::Fragment const& fragment);
    Outgoing outgoing(dub::Fragment const& fragment) const;

    LineSettings const settings_;
    SourceSound source_;
    dub::Cutter cutter_;
    std::deque<DubLine> lines_;  // by language; they do not move
    std::optional<DubLine> original_;
    Made made_;
};

}  // namespace tidegate::worker
