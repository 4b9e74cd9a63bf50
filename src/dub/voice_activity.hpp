// Tells speech from pauses, 10 ms at a time. It adapts to the noise of the recording. Pure; one
// thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace tidegate::dub {

inline constexpr std::chrono::milliseconds kVoiceWindow{10};

class VoiceActivity {
public:
    struct Verdict {
        bool speech = false;
        float energy = 0;  // mean square of the window, of all channels
    };

    // The next window. `samples`: interleaved; all finite. REQUIRES: not empty.
    Verdict next(std::span<float const> samples, std::size_t channels);

private:
    // The quietest sound of the last 2.5 s stands for the noise: people breathe, and between
    // syllables the voice falls as well. Half a second each.
    static constexpr std::size_t kSpans = 5;
    static constexpr int kWindowsOfSpan = 50;

    double noise_db(double db);

    std::array<double, kSpans> quietest_db_{};  // the last one is not complete yet
    std::size_t span_ = 0;
    int windows_ = 0;  // of this span
    double smooth_db_ = 0;
    bool started_ = false;
    int hangover_ = 0;  // windows that still count as speech after the last loud one
};

}  // namespace tidegate::dub
