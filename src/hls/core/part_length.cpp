#include "hls/core/part_length.hpp"

#include <algorithm>

namespace tidegate::hls {

namespace {

// Whether a part that ends as soon as it is `part` long has 85 % of what it may become.
bool suits(base::Timestamp part, base::Timestamp sample) {
    if (sample > part) return false;
    auto const samples = (part + sample - base::Timestamp{1}) / sample;
    return part > sample * samples * 85 / 100;
}

}  // namespace

void PartLength::learn(base::Timestamp sample) {
    if (frozen_ || sample <= base::Timestamp{0} ||
        std::ranges::find(samples_, sample) != samples_.end())
        return;
    if (samples_.size() == kMaxSampleLengths) return freeze();
    samples_.push_back(sample);
    // Lengths below this one did not suit the samples before.
    while (length_ < kLongestPart &&
           !std::ranges::all_of(samples_, [this](auto one) { return suits(length_, one); })) {
        length_ += kPartLengthStep;
    }
}

}  // namespace tidegate::hls
