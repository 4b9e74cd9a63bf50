#include "codec/resampler.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <utility>

#include "codec/ffmpeg.hpp"

namespace tidegate::codec {

namespace {

// Room for frames of rounding, beside those that libswresample announces.
constexpr int kSpareFrames = 32;

}  // namespace

struct Resampler::State {
    ffmpeg::Resampling context;

    void convert(std::uint8_t const* in, int in_frames, std::size_t channels,
                 std::vector<float>& out) {
        auto const room = swr_get_out_samples(context.get(), in_frames) + kSpareFrames;
        if (room <= 0) return;
        auto const before = out.size();
        out.resize(before + static_cast<std::size_t>(room) * channels);
        auto* target = reinterpret_cast<std::uint8_t*>(out.data() + before);
        auto const made =
            swr_convert(context.get(), &target, room, in == nullptr ? nullptr : &in, in_frames);
        out.resize(before + static_cast<std::size_t>(std::max(made, 0)) * channels);
    }
};

Resampler::Resampler(std::unique_ptr<State> state, media::AudioFormat from, media::AudioFormat to)
    : state_(std::move(state)), from_(from), to_(to) {}
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;
Resampler::~Resampler() = default;

std::expected<Resampler, std::string> Resampler::open(media::AudioFormat from,
                                                      media::AudioFormat to) {
    ffmpeg::silence();
    AVChannelLayout in{}, made{};
    av_channel_layout_default(&in, from.channel_count);
    av_channel_layout_default(&made, to.channel_count);
    SwrContext* raw = nullptr;
    auto error =
        swr_alloc_set_opts2(&raw, &made, AV_SAMPLE_FMT_FLT, static_cast<int>(to.sample_rate), &in,
                            AV_SAMPLE_FMT_FLT, static_cast<int>(from.sample_rate), 0, nullptr);
    auto state = std::make_unique<State>();
    state->context.reset(raw);
    // Otherwise the first call of stretch() would begin anew, which is heard.
    if (error >= 0) error = av_opt_set_int(raw, "flags", SWR_FLAG_RESAMPLE, 0);
    if (error >= 0) error = swr_init(raw);
    if (error < 0) return std::unexpected("no resampling: " + ffmpeg::describe(error));
    return Resampler(std::move(state), from, to);
}

void Resampler::convert(std::span<float const> frames, std::vector<float>& out) {
    auto const count = frames.size() / from_.channel_count;
    state_->convert(reinterpret_cast<std::uint8_t const*>(frames.data()), static_cast<int>(count),
                    to_.channel_count, out);
}

void Resampler::finish(std::vector<float>& out) {
    state_->convert(nullptr, 0, to_.channel_count, out);
}

std::int64_t Resampler::held() const {
    return std::max<std::int64_t>(0, swr_get_delay(state_->context.get(), to_.sample_rate));
}

void Resampler::stretch(int frames, int distance) {
    swr_set_compensation(state_->context.get(), frames, distance);
}

std::expected<media::Pcm, std::string> resampled(media::Pcm pcm, media::AudioFormat to) {
    if (pcm.format == to) return pcm;
    auto resampler = Resampler::open(pcm.format, to);
    if (!resampler) return std::unexpected(resampler.error());
    media::Pcm out{to, {}};
    resampler->convert(pcm.samples, out.samples);
    resampler->finish(out.samples);
    return out;
}

}  // namespace tidegate::codec
