#include "dub/voice_activity.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::dub {

namespace {

// dB above the noise. A voice is 15 dB and more above it where people can follow it.
constexpr double kVoiceAboveNoise = 9;
// s, f and sh are quieter than vowels, but cross zero more often than any vowel or hum.
constexpr double kHissAboveNoise = 5;
constexpr double kHissCrossings = 0.2;  // of the samples; never in sound of 8 kHz without a hiss
// dB full scale. Nothing below is speech, however quiet the room is.
constexpr double kQuietestVoice = -55;
// Silence of an encoder is -100 dB; noise of -70 dB after it is no voice.
constexpr double kQuietestNoise = -70;
// Parts of words are quieter than the rest: a voice holds for 50 ms after a loud window.
constexpr int kHangover = 5;
// Of the difference to the smoothed energy: single quiet windows are no noise level.
constexpr double kSmoothing = 0.4;

struct Sums {
    double squares = 0;
    std::size_t crossings = 0;
};

Sums sums_of(std::span<float const> samples, std::size_t channels) {
    Sums sums;
    auto negative = samples[0] < 0;
    for (std::size_t i = 0; i < samples.size(); i += channels) {
        if ((samples[i] < 0) != negative) {
            negative = !negative;
            ++sums.crossings;
        }
    }
    auto squares = 0.0F;
    for (auto const sample : samples) squares += sample * sample;
    sums.squares = squares;
    return sums;
}

}  // namespace

double VoiceActivity::noise_db(double db) {
    if (!started_) {
        started_ = true;
        smooth_db_ = db;
        quietest_db_.fill(db);
    }
    smooth_db_ += (db - smooth_db_) * kSmoothing;
    if (++windows_ > kWindowsOfSpan) {
        windows_ = 1;
        span_ = (span_ + 1) % kSpans;
        quietest_db_[span_] = smooth_db_;
    }
    quietest_db_[span_] = std::min(quietest_db_[span_], smooth_db_);
    return std::max(kQuietestNoise, *std::ranges::min_element(quietest_db_));
}

VoiceActivity::Verdict VoiceActivity::next(std::span<float const> samples, std::size_t channels) {
    auto const sums = sums_of(samples, channels);
    auto const frames = static_cast<double>(samples.size() / channels);
    auto const energy = sums.squares / static_cast<double>(samples.size());
    auto const db = 10 * std::log10(energy + 1e-10);
    auto const above = db - noise_db(db);
    auto const hiss = static_cast<double>(sums.crossings) / frames > kHissCrossings;
    auto const loud = db > kQuietestVoice && above > (hiss ? kHissAboveNoise : kVoiceAboveNoise);
    if (loud) {
        hangover_ = kHangover;
    } else if (hangover_ > 0) {
        --hangover_;
    }
    return {loud || hangover_ > 0, static_cast<float>(energy)};
}

}  // namespace tidegate::dub
