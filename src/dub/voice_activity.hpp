// Tells speech from pauses, 10 ms at a time. It adapts to the noise of the recording. Pure; one
// thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

namespace tidegate::dub {

inline constexpr std::chrono::milliseconds kVoiceWindow{10};

class VoiceActivity {
public:
    struct Verdict {
        bool speech = false;
        float energy = 0;  // mean square of the window
    };

    // The next window. `samples`: interleaved; channels are added. REQUIRES: not empty.
    Verdict next(std::span<float const> samples, std::uint8_t channels);

private:
    double floor_db_ = 0;  // energy of the background noise
    bool started_ = false;
    int hangover_ = 0;  // windows that still count as speech after the last loud one
};

}  // namespace tidegate::dub
