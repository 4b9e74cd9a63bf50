// How long parts are. iOS refuses parts shorter than 85 % of the longest, so a part's length must
// suit the lengths of the samples: it is learned from those of the first segment, as MediaMTX does.
// One thread.
#pragma once

#include <chrono>
#include <vector>

#include "base/time.hpp"

namespace tidegate::hls {

// Lengths are tried from the configured one upwards in these steps, up to the longest.
inline constexpr base::Timestamp kPartLengthStep = std::chrono::milliseconds(5);
inline constexpr base::Timestamp kLongestPart = std::chrono::seconds(5);
// A stream with more different sample lengths than these has no regular ones.
inline constexpr std::size_t kMaxSampleLengths = 64;

class PartLength {
public:
    explicit PartLength(base::Timestamp configured) : length_(configured) {}

    void learn(base::Timestamp sample);
    // No more learning: the length must not change while players read.
    void freeze() { frozen_ = true; }
    base::Timestamp get() const { return length_; }

private:
    base::Timestamp length_;
    std::vector<base::Timestamp> samples_;
    bool frozen_ = false;
};

}  // namespace tidegate::hls
