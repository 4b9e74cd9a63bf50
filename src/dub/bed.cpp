#include "dub/bed.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::dub {

namespace {

// Between two peaks of a low voice (70 Hz) are 14 ms: the dub does not pause there.
constexpr std::chrono::milliseconds kEnvelopeDecay{20};

float factor(double db) {
    return static_cast<float>(std::pow(10.0, db / 20));
}

// The part of the way to a new level that is gone in one frame, if most (1 - 1/e) takes `time`.
float part_of(std::chrono::duration<double> time, std::uint32_t sample_rate) {
    return static_cast<float>(1 - std::exp(-1 / (time.count() * sample_rate)));
}

}  // namespace

Bed::Bed(BedSettings const& settings, std::uint32_t sample_rate)
    : speaking_(factor(settings.level_db)),
      resting_(factor(std::min(0.0, settings.level_db + kBedRiseDb))),
      attack_(part_of(kBedAttack, sample_rate)),
      release_(part_of(kBedRelease, sample_rate)),
      decay_(1 - part_of(kEnvelopeDecay, sample_rate)),
      threshold_(factor(kBedThresholdDb)),
      level_(resting_) {}

float Bed::next(float peak) {
    envelope_ = std::max(peak, envelope_ * decay_);
    auto const speaks = envelope_ > threshold_;
    level_ += ((speaks ? speaking_ : resting_) - level_) * (speaks ? attack_ : release_);
    return level_;
}

void Bed::rest() {
    envelope_ = 0;
    level_ = resting_;
}

}  // namespace tidegate::dub
