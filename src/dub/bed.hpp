// The original underneath the dub: how loud it is at each moment. Its level is that of the
// settings while the dub speaks, and up to kBedRise more in the dub's pauses (a side-chain
// compressor whose key is the dub). Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidegate::dub {

// A voice is ducked before its first syllable is over, and comes back after a breath.
inline constexpr std::chrono::milliseconds kBedAttack{20};
inline constexpr std::chrono::milliseconds kBedRelease{400};
inline constexpr double kBedRiseDb = 6.0;
// The dub speaks when its level is above this (dB full scale).
inline constexpr double kBedThresholdDb = -45.0;

struct BedSettings {
    double level_db = -18.0;  // of the original while the dub speaks
};

class Bed {
public:
    Bed(BedSettings const& settings, std::uint32_t sample_rate);

    // The factor of the original for the next frame. `peak`: the largest sample of the dub in it;
    // 0 where the dub has none.
    float next(float peak);
    // The original is heard alone now.
    void rest();

private:
    float speaking_;  // factors
    float resting_;
    float attack_;  // parts of the way that are gone in a frame
    float release_;
    float decay_;
    float threshold_;
    float envelope_ = 0;
    float level_;
};

}  // namespace tidegate::dub
