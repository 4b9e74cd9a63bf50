#include "dub/loudness.hpp"

#include <ebur128.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <memory>
#include <vector>

#include "dub/position.hpp"

namespace tidegate::dub {

namespace {

constexpr std::chrono::milliseconds kLookAhead{5};

struct Destroy {
    void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
};

// The largest sample of each frame.
std::vector<float> peaks_of(media::Pcm const& pcm) {
    auto const channels = pcm.format.channel_count;
    std::vector<float> peaks(pcm.frames());
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) {
        auto& peak = peaks[i / channels];
        peak = std::max(peak, std::abs(pcm.samples[i]));
    }
    return peaks;
}

// values[i] becomes the least of values[i - reach .. i + reach].
void take_least(std::vector<float>& values, std::size_t reach) {
    std::vector<float> const from = values;
    std::deque<std::size_t> rising;  // indices of what may still be the least
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (; next < values.size() && next <= i + reach; ++next) {
            while (!rising.empty() && from[rising.back()] >= from[next]) rising.pop_back();
            rising.push_back(next);
        }
        while (rising.front() + reach < i) rising.pop_front();
        values[i] = from[rising.front()];
    }
}

// values[i] becomes the mean of values[i - reach .. i + reach].
void take_mean(std::vector<float>& values, std::size_t reach) {
    std::vector<float> const from = values;
    double sum = 0;
    std::size_t next = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (; next < values.size() && next <= i + reach; ++next) sum += from[next];
        for (; first + reach < i; ++first) sum -= from[first];
        values[i] = static_cast<float>(sum / static_cast<double>(next - first));
    }
}

// Factors that keep `peaks` below the ceiling. The least of a range and then its mean: the factor
// moves smoothly, and is down in time for each peak.
std::vector<float> limiter(std::vector<float> peaks, std::uint32_t sample_rate) {
    for (auto& peak : peaks) peak = peak > kCeiling ? kCeiling / peak : 1.0F;
    auto const reach = static_cast<std::size_t>(frames_of(kLookAhead, sample_rate));
    take_least(peaks, reach);
    take_mean(peaks, reach);
    return peaks;
}

}  // namespace

std::optional<double> loudness(media::Pcm const& pcm) {
    std::unique_ptr<ebur128_state, Destroy> const state(
        ebur128_init(pcm.format.channel_count, pcm.format.sample_rate, EBUR128_MODE_I));
    if (!state) return std::nullopt;
    if (ebur128_add_frames_float(state.get(), pcm.samples.data(), pcm.frames()) !=
        EBUR128_SUCCESS) {
        return std::nullopt;
    }
    double lufs = 0;
    if (ebur128_loudness_global(state.get(), &lufs) != EBUR128_SUCCESS || !std::isfinite(lufs)) {
        return std::nullopt;
    }
    return lufs;
}

double gain_between(std::optional<double> from, std::optional<double> to) {
    if (!from || !to || *from < kQuietest || *to < kQuietest) return 0;
    return std::clamp(*to - *from, -kMaxGainDb, kMaxGainDb);
}

void apply_gain(media::Pcm& pcm, double gain_db) {
    if (gain_db == 0) return;
    auto const gain = static_cast<float>(std::pow(10.0, gain_db / 20));
    for (auto& sample : pcm.samples) sample *= gain;
    if (gain <= 1) return;
    auto peaks = peaks_of(pcm);
    if (std::ranges::none_of(peaks, [](float peak) { return peak > kCeiling; })) return;
    auto const factors = limiter(std::move(peaks), pcm.format.sample_rate);
    auto const channels = pcm.format.channel_count;
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) pcm.samples[i] *= factors[i / channels];
}

}  // namespace tidegate::dub
