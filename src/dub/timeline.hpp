// The one line of sound that goes out: dubs where they came in time, the original elsewhere. Pure;
// one thread at a time. There is no clock: read(until) says that the time of `until` has come, and
// what is not there by then is late.
//
// What it promises:
//   - Sample k of the output is sample k of the source's line, or of the dub that was laid there.
//     Outside of cross-fades it is that sample exactly.
//   - Each change (original to dub, dub to dub, dub to original, sound to a gap of the source and
//     back) is an equal-power cross-fade of kFade that begins at the change. A sound that has no
//     more samples goes on with its last ones mirrored while it fades. A change that comes during a
//     fade waits for the fade's end.
//   - It is silent only where the source has a gap longer than kFade, before its beginning and
//     after its end, and in the pause that a dub leaves at the end of its place: longest_pause().
//   - A dub begins at its fragment's position, never earlier, and is heard as a whole or not at
//     all: one that comes after its place has begun to go out is late.
// Memory: the source's sound of `capacity`, allocated once, and dubs no longer than that.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "dub/bed.hpp"
#include "dub/fader.hpp"
#include "dub/fallback.hpp"
#include "dub/position.hpp"
#include "dub/source_line.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

struct TimelineSettings {
    media::AudioFormat format;
    Position start = 0;   // what the first read() begins with
    Frames capacity = 0;  // how far the source may be ahead of the output: the delay, and some more
    std::optional<BedSettings> bed = std::nullopt;
};

class Timeline {
public:
    // What became of a fragment.
    struct Outcome {
        std::uint64_t fragment = 0;
        std::optional<Fallback> fallback;  // nullopt: dubbed
    };
    struct Heard {
        Frames original = 0;
        Frames dub = 0;      // pauses of dubs, too
        Frames silence = 0;  // gaps of the source
    };

    // REQUIRES: is_usable(settings.format), settings.capacity > 0.
    explicit Timeline(TimelineSettings const& settings);

    // --- what comes in ---

    // Sound of the source. Positions rise: what lies before the end of the last sound, or before
    // position(), is left out. So is what lies more than the capacity after position(). Returns the
    // frames that were taken. They are cleaned (dub/sample.hpp). A hole is a gap of the source.
    Frames put(Position at, std::span<float const> samples) { return source_.put(at, samples); }

    // A fragment for which a dub may come. Each has exactly one outcome. Fragments rise and do not
    // overlap; false: this one does, is empty, has begun to go out already (`late` by then), or
    // lies beyond the capacity. It is not remembered then, and has no outcome.
    // `pause`: Fragment::pause.
    bool expect(std::uint64_t fragment, Position first, Frames length, Frames pause = 0);
    // The dub of an expected fragment, as fit() made it. Says why it is not taken, which is then
    // the fragment's fallback, too: wrong_format, empty, or too_short, because it would leave a
    // longer silence than longest_pause(). It is late if its place has begun to go out; if its
    // fragment has a dub or a fallback already, or is not expected.
    std::expected<void, Fallback> lay(std::uint64_t fragment, media::Pcm dub);
    // No dub will come for a fragment. Without effect if it has an outcome or a dub already.
    void fall_back(std::uint64_t fragment, Fallback reason);

    // --- what goes out ---

    // The first position that has not gone out.
    Position position() const { return position_; }
    // Appends the sound of [position(), until) to `out`, and moves position() to `until`. Without
    // effect if that is earlier.
    void read(Position until, std::vector<float>& out);
    // The next outcome, in the order in which places begin to go out: a fragment is dubbed if its
    // dub was there then. Take them after each read().
    std::optional<Outcome> next_outcome();

    // Of all that was read.
    Heard const& heard() const { return heard_; }
    // The end of the source's sound so far; position() if there is none ahead.
    Position source_end() const { return source_.end(); }
    // Fragments that wait for their place, dubbed or not.
    std::size_t waiting() const { return fragments_.size(); }
    // Bytes that are held for samples.
    std::size_t memory() const;

private:
    struct Expected {
        std::uint64_t number = 0;
        Position first = 0;
        Frames length = 0;
        Frames pause = 0;
        std::optional<Fallback> fallback;
        std::vector<float> dub;  // empty: none
        bool begun = false;      // its place has begun to go out, and its outcome is known

        Position end() const { return first + length; }
    };
    // What is heard: the original, the pause that a dub leaves, or the dub of a fragment.
    struct Voice {
        enum class Kind : std::uint8_t { original, pause, dub } kind = Kind::original;
        std::uint64_t fragment = 0;
        bool operator==(Voice const&) const = default;
    };
    // What is wanted at a position, and until where that stays so.
    struct Wanted {
        Voice voice;
        Position until;
    };
    // The factors of what is heard in a frame, and of what fades out.
    struct Weights {
        float in = 1;
        float out = 0;
    };

    Expected* find(std::uint64_t fragment);
    std::optional<Fallback> fault_of(Expected const& place, media::Pcm const& dub) const;
    void begin_places(Position until);
    void forget_places();
    Wanted wanted(Position at) const;
    float const* dub_frame(Voice voice, Position at) const;
    void read_block(std::span<float> out);
    void read_piece(std::span<float> out);
    void mix(std::span<float> out, Position at);
    void mix_frame(std::span<float> frame, Position at, Weights weights);
    void copy_dub(std::span<float> out, Position at) const;

    media::AudioFormat format_;
    std::size_t channels_;
    Frames capacity_;
    Position position_;
    SourceLine source_;
    FadeCurve curve_;
    Fader<Voice> fader_;
    std::optional<Bed> bed_;
    std::deque<Expected> fragments_;
    std::optional<std::uint64_t> last_number_;
    Position last_end_;
    std::deque<Outcome> outcomes_;
    Heard heard_;
};

}  // namespace tidegate::dub
