// Which of several sounds is heard, and the cross-fade from the one before. Pure; one thread at a
// time.
#pragma once

#include <utility>
#include <vector>

#include "dub/position.hpp"

namespace tidegate::dub {

// The factors of an equal-power cross-fade: in[i]^2 + out[i]^2 = 1. Two equal sounds become 3 dB
// louder in its middle; a dub and its original are never equal.
struct FadeCurve {
    std::vector<float> in;
    std::vector<float> out;

    explicit FadeCurve(std::uint32_t sample_rate);
    Frames length() const { return static_cast<Frames>(in.size()); }
};

// Voice: a small value that names a sound.
template <class Voice>
class Fader {
public:
    Fader(Voice first, Frames fade) : current_(first), previous_(first), fade_(fade) {}

    // From `at` on this voice is wanted. While a fade runs, nothing happens: call it again at its
    // end. REQUIRES: `at` does not go back.
    void want(Voice voice, Position at) {
        if (fading(at) || voice == current_) return;
        previous_ = std::exchange(current_, voice);
        begun_ = at;
        any_ = true;
    }
    bool fading(Position at) const { return any_ && at < begun_ + fade_; }
    Position fade_end() const { return begun_ + fade_; }
    Position begun() const { return begun_; }
    Voice current() const { return current_; }
    Voice previous() const { return previous_; }  // of the fade

private:
    Voice current_;
    Voice previous_;
    Frames fade_;
    Position begun_ = 0;
    bool any_ = false;
};

}  // namespace tidegate::dub
