#include "dub/fit.hpp"

#include <algorithm>
#include <cmath>

#include "dub/loudness.hpp"
#include "dub/sample.hpp"
#include "dub/stretch.hpp"

namespace tidegate::dub {

namespace {

// -60 dB full scale: what is quieter at the end of a dub is silence that a service or a codec
// added.
constexpr float kSilentSample = 0.001F;
// Left of it, so that a voice fades away as it was spoken.
constexpr std::chrono::milliseconds kDecay{50};
// Of a short fragment's length at most this much is a pause.
constexpr Frames kPauseParts = 4;

// Frames up to the end of the sound. 0: there is none.
Frames sound_of(media::Pcm const& dub) {
    auto const last = std::find_if(dub.samples.rbegin(), dub.samples.rend(),
                                   [](float sample) { return std::abs(sample) > kSilentSample; });
    auto const samples = static_cast<std::size_t>(dub.samples.rend() - last);
    auto const channels = dub.format.channel_count;
    return static_cast<Frames>((samples + channels - 1) / channels);
}

std::optional<Fallback> fault_of(media::Pcm const& dub, Place const& place) {
    auto const& format = dub.format;
    if (format != place.format || format.sample_rate < kMinSampleRate || !is_usable(format) ||
        dub.samples.size() % format.channel_count != 0) {
        return Fallback::wrong_format;
    }
    if (dub.samples.empty()) return Fallback::empty;
    if (!std::ranges::all_of(dub.samples, [](float sample) { return std::isfinite(sample); })) {
        return Fallback::not_finite;
    }
    if (sound_of(dub) == 0) return Fallback::empty;
    return std::nullopt;
}

// The length that a dub of `length` frames gets.
std::expected<Frames, Fallback> target_of(Frames length, Place const& place) {
    auto const rate = place.format.sample_rate;
    if (length > place.length + frames_of(kFade, rate)) {
        auto const ratio = static_cast<double>(place.length) / static_cast<double>(length);
        if (ratio < kMinStretch) return std::unexpected(Fallback::too_long);
        return place.length;
    }
    if (length >= place.length - longest_pause(place.length, place.pause, rate)) return length;
    auto const least = place.length - natural_pause(place.length, place.pause, rate);
    auto const ratio = static_cast<double>(least) / static_cast<double>(length);
    if (ratio > kMaxStretch) return std::unexpected(Fallback::too_short);
    return least;
}

}  // namespace

Frames natural_pause(Frames length, Frames pause, std::uint32_t sample_rate) {
    return std::max(pause, std::min(frames_of(kNaturalPause, sample_rate), length / kPauseParts));
}

Frames longest_pause(Frames length, Frames pause, std::uint32_t sample_rate) {
    auto const natural = natural_pause(length, pause, sample_rate);
    auto const sound = static_cast<double>(std::max<Frames>(0, length - natural));
    return natural + static_cast<Frames>(sound * kLeastStretch / (1 + kLeastStretch));
}

std::expected<Fitted, Fallback> fit(media::Pcm dub, Place const& place) {
    if (auto const fault = fault_of(dub, place)) return std::unexpected(*fault);
    auto const frames = static_cast<Frames>(dub.frames());
    auto const decay = frames_of(kDecay, place.format.sample_rate);
    auto const length = std::min(frames, sound_of(dub) + decay);
    auto const target = target_of(length, place);
    if (!target) return std::unexpected(target.error());

    std::ranges::transform(dub.samples, dub.samples.begin(), clean);
    dub.samples.resize(static_cast<std::size_t>(length) * dub.format.channel_count);
    Fitted fitted;
    fitted.trimmed = frames - length;
    fitted.gain_db = gain_between(loudness(dub), place.loudness);
    fitted.stretch = static_cast<double>(*target) / static_cast<double>(length);
    fitted.pcm = *target == length ? std::move(dub) : stretched(dub, *target);
    apply_gain(fitted.pcm, fitted.gain_db);
    fitted.silence = std::max<Frames>(0, place.length - *target);
    return fitted;
}

}  // namespace tidegate::dub
