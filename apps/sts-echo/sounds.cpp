#include "sounds.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace tidegate::echo {

namespace {

constexpr std::size_t kSampleBytes = 2;
constexpr double kAmplitude = 0.25 * 32767;  // -12 dBFS: about as loud as speech
// ISO/IEC 14496-3 §1.A.3.2.
constexpr std::size_t kAdtsHeader = 7;

std::size_t frames_of(sts::AudioData const& audio) {
    return static_cast<std::size_t>(audio.duration.count()) * audio.sample_rate / 1000;
}

sts::AudioData pcm_like(sts::AudioData const& audio, base::Bytes const& samples) {
    return {.format = std::string(sts::kFormatPcm),
            .sample_rate = audio.sample_rate,
            .channels = audio.channels,
            .duration = audio.duration,
            .base64 = sts::encode_sound(samples)};
}

// Where each ADTS frame begins, and the end; nullopt: these are no ADTS frames.
std::optional<std::vector<std::size_t>> adts_frames(base::ByteView bytes) {
    std::vector<std::size_t> starts{0};
    while (starts.back() < bytes.size()) {
        auto const rest = bytes.subspan(starts.back());
        if (rest.size() < kAdtsHeader || rest[0] != 0xFF || (rest[1] & 0xF6U) != 0xF0) {
            return std::nullopt;
        }
        std::size_t const length =
            (rest[3] & 3U) << 11 | static_cast<std::size_t>(rest[4]) << 3 | rest[5] >> 5;
        if (length < kAdtsHeader || length > rest.size()) return std::nullopt;
        starts.push_back(starts.back() + length);
    }
    return starts;
}

base::Bytes stretched_pcm(base::Bytes bytes, std::size_t frame_bytes, double factor) {
    auto const frames = static_cast<double>(bytes.size() / frame_bytes);
    bytes.resize(static_cast<std::size_t>(frames * factor) * frame_bytes);
    return bytes;
}

base::Bytes stretched_adts(base::ByteView bytes, std::vector<std::size_t> const& starts,
                           double factor) {
    auto const count = starts.size() - 1;
    auto const wanted = static_cast<std::size_t>(std::llround(static_cast<double>(count) * factor));
    base::Bytes out;
    for (std::size_t i = 0; i < wanted && count > 0; ++i) {
        auto const frame = std::min(i, count - 1);
        auto const part = bytes.subspan(starts[frame], starts[frame + 1] - starts[frame]);
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

}  // namespace

double tone_frequency(std::int64_t sequence_number) {
    constexpr std::int64_t kTones = 50;
    return 400.0 + 40.0 * static_cast<double>(sequence_number % kTones);
}

sts::AudioData tone_like(sts::AudioData const& audio, std::int64_t sequence_number) {
    base::Bytes samples;
    auto const frames = frames_of(audio);
    samples.reserve(frames * audio.channels * kSampleBytes);
    auto const step =
        2 * std::numbers::pi * tone_frequency(sequence_number) / std::max(1U, audio.sample_rate);
    for (std::size_t i = 0; i < frames; ++i) {
        auto const value = std::lround(kAmplitude * std::sin(step * static_cast<double>(i)));
        auto const bits = static_cast<std::uint16_t>(static_cast<std::int16_t>(value));
        for (std::uint32_t channel = 0; channel < audio.channels; ++channel) {
            samples.push_back(static_cast<std::uint8_t>(bits & 0xFFU));
            samples.push_back(static_cast<std::uint8_t>(bits >> 8));
        }
    }
    return pcm_like(audio, samples);
}

sts::AudioData silence_like(sts::AudioData const& audio) {
    return pcm_like(audio, base::Bytes(frames_of(audio) * audio.channels * kSampleBytes));
}

sts::AudioData with_length(sts::AudioData audio, double factor) {
    auto const length = static_cast<double>(audio.duration.count()) * factor;
    audio.duration = std::chrono::milliseconds{std::llround(length)};
    auto bytes = sts::decode_sound(audio);
    if (!bytes) return audio;
    if (audio.format == sts::kFormatPcm) {
        auto const frame_bytes = kSampleBytes * std::max(1U, audio.channels);
        audio.base64 = sts::encode_sound(stretched_pcm(std::move(*bytes), frame_bytes, factor));
    } else if (auto const frames = adts_frames(*bytes)) {
        audio.base64 = sts::encode_sound(stretched_adts(*bytes, *frames, factor));
    }
    return audio;
}

}  // namespace tidegate::echo
