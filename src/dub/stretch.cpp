#include "dub/stretch.hpp"

#include <rubberband/RubberBandStretcher.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidegate::dub {

namespace {

using RubberBand::RubberBandStretcher;

// Frames that are processed at a time; the library's buffers are of this size.
constexpr std::size_t kBlock = 4096;

// The samples of each channel for itself.
class Planes {
public:
    Planes(std::size_t channels, std::size_t frames)
        : frames_(frames), samples_(channels * frames), pointers_(channels) {}

    float* channel(std::size_t c) { return samples_.data() + c * frames_; }
    // Pointers to each channel, from a frame on.
    float* const* from(std::size_t frame) {
        for (std::size_t c = 0; c < pointers_.size(); ++c) pointers_[c] = channel(c) + frame;
        return pointers_.data();
    }

private:
    std::size_t frames_;
    std::vector<float> samples_;
    std::vector<float*> pointers_;
};

Planes planes_of(media::Pcm const& pcm) {
    auto const channels = std::size_t{pcm.format.channel_count};
    Planes planes(channels, pcm.frames());
    for (std::size_t c = 0; c < channels; ++c) {
        auto* const plane = planes.channel(c);
        for (std::size_t i = 0; i < pcm.frames(); ++i) plane[i] = pcm.samples[i * channels + c];
    }
    return planes;
}

// Appends what is ready to `out`, up to `length` frames.
void retrieve(RubberBandStretcher& stretcher, std::vector<float>& out, std::size_t length) {
    auto const channels = stretcher.getChannelCount();
    while (stretcher.available() > 0) {
        auto const ready = static_cast<std::size_t>(stretcher.available());
        Planes planes(channels, ready);
        auto const got = stretcher.retrieve(planes.from(0), ready);
        if (got == 0) return;
        auto const wanted = std::min(got, length - out.size() / channels);
        for (std::size_t i = 0; i < wanted; ++i) {
            for (std::size_t c = 0; c < channels; ++c) out.push_back(planes.channel(c)[i]);
        }
    }
}

// Whether all channels are the same: a synthetic voice mostly is one that was doubled.
bool is_mono(media::Pcm const& pcm) {
    auto const channels = std::size_t{pcm.format.channel_count};
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) {
        if (pcm.samples[i] != pcm.samples[i - i % channels]) return false;
    }
    return true;
}

media::Pcm first_channel(media::Pcm const& pcm) {
    media::Pcm mono{{pcm.format.sample_rate, 1}, {}};
    mono.samples.reserve(pcm.frames());
    for (std::size_t i = 0; i < pcm.samples.size(); i += pcm.format.channel_count) {
        mono.samples.push_back(pcm.samples[i]);
    }
    return mono;
}

media::Pcm doubled(media::Pcm const& mono, std::uint8_t channels) {
    media::Pcm pcm{{mono.format.sample_rate, channels}, {}};
    pcm.samples.reserve(mono.samples.size() * channels);
    for (auto const sample : mono.samples) pcm.samples.insert(pcm.samples.end(), channels, sample);
    return pcm;
}

}  // namespace

media::Pcm stretched(media::Pcm const& pcm, Frames length) {
    if (pcm.format.channel_count > 1 && is_mono(pcm)) {
        return doubled(stretched(first_channel(pcm), length), pcm.format.channel_count);
    }
    auto const frames = pcm.frames();
    auto const ratio = static_cast<double>(length) / static_cast<double>(frames);
    // The finer engine is better for voices. With one window it costs no more than the other one:
    // 2 % of a core for each channel.
    RubberBandStretcher stretcher(
        pcm.format.sample_rate, pcm.format.channel_count,
        RubberBandStretcher::OptionProcessOffline | RubberBandStretcher::OptionEngineFiner |
            RubberBandStretcher::OptionWindowShort | RubberBandStretcher::OptionThreadingNever |
            RubberBandStretcher::OptionChannelsTogether,
        ratio);
    stretcher.setExpectedInputDuration(frames);
    stretcher.setMaxProcessSize(kBlock);
    auto planes = planes_of(pcm);
    stretcher.study(planes.from(0), frames, true);

    media::Pcm result{pcm.format, {}};
    auto const wanted = static_cast<std::size_t>(length);
    result.samples.reserve(wanted * pcm.format.channel_count);
    for (std::size_t at = 0; at < frames; at += kBlock) {
        auto const count = std::min(kBlock, frames - at);
        stretcher.process(planes.from(at), count, at + count == frames);
        retrieve(stretcher, result.samples, wanted);
    }
    result.samples.resize(wanted * pcm.format.channel_count);
    return result;
}

}  // namespace tidegate::dub
