// Cuts the original sound into fragments, at pauses of speech. Pure: sound goes in by its position,
// fragments come out. One thread at a time.
//
// Each 10 ms are speech or not by their energy above the noise floor, which follows the quietest
// sound of the last seconds; hissing consonants are known by their zero crossings. A pause ends a
// fragment that has the minimum length. The longer the fragment already is, the shorter a pause is
// enough: min_pause at the minimum, a third of it at the maximum. At the maximum, an earlier pause
// of that length is taken as well. The cut lies in the middle of what was heard of the pause. When
// speech begins after a longer silence, a fragment begins shortly before it, so that the dub begins
// with the speaker; the silence is a fragment of its own, which may be shorter than the minimum.
//
// A cut may be moved a little, to where the source itself can be cut: CutterSettings::nearest.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dub/fragment.hpp"
#include "dub/position.hpp"
#include "dub/voice_activity.hpp"

namespace tidegate::dub {

struct CutterSettings {
    media::AudioFormat format{};
    std::chrono::milliseconds min_length{2000};
    std::chrono::milliseconds max_length{6000};  // at least min_length and 100 ms
    std::chrono::milliseconds min_pause{300};
    // Where to cut instead of at a position: near it, but not before `least`. Empty: there.
    std::function<Position(Position at, Position least)> nearest{};
};

class Cutter {
public:
    // REQUIRES: is_usable(settings.format).
    explicit Cutter(CutterSettings const& settings);

    // The next sound of the source. Positions rise: what lies before the end of the last sound is
    // left out. A hole between both ends the fragment (Ending::gap), even a short one.
    // `samples`: interleaved, of the format of the settings.
    void put(Position at, std::span<float const> samples);
    // The source has ended, or pauses for so long that what was heard should be sent. A later put()
    // begins a new fragment.
    void finish(Ending ending = Ending::end);

    // The next finished fragment, oldest first. put() and finish() may make several. Take them each
    // time: the Cutter keeps what is not taken.
    std::optional<Fragment> next();

    // The first position that is in no finished fragment yet; nullopt before the first put() and
    // after finish().
    std::optional<Position> open_since() const;

private:
    // What is known of 10 ms of the open fragment.
    struct Window {
        float energy = 0;  // mean square
        bool speech = false;
    };

    void take_window();
    void cut_if_due();
    bool has_speech() const { return speech_windows_ > 0; }
    std::size_t windows_without_speech() const;
    std::size_t pause_needed() const;
    std::optional<std::size_t> best_pause() const;
    std::size_t quietest_window() const;
    void cut_after(std::size_t windows, Ending ending);
    void cut(Frames length, Ending ending);
    std::optional<std::size_t> lead_to_cut() const;
    bool all_silent(std::size_t windows) const;
    Frames pause_at_end(Frames length, std::size_t windows) const;
    Frames open_length() const;

    media::AudioFormat format_;
    std::size_t channels_;
    Frames window_;  // frames of 10 ms
    // In windows.
    std::size_t min_length_;
    std::size_t max_length_;
    std::size_t min_pause_;
    std::function<Position(Position, Position)> nearest_;
    VoiceActivity activity_;
    std::optional<Position> first_;  // of the open fragment
    Position end_;                   // of the sound that was put; nothing before it is taken
    std::vector<float> samples_;     // of the open fragment
    std::vector<Window> windows_;    // of the open fragment; its last part may be in none yet
    Frames before_ = 0;              // of the first window, that lie before the open fragment
    std::size_t speech_windows_ = 0;
    std::deque<Fragment> finished_;
    std::uint64_t next_number_ = 0;
};

}  // namespace tidegate::dub
