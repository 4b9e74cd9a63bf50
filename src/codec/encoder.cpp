#include "codec/encoder.hpp"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <utility>

#include "codec/ffmpeg.hpp"

namespace tidegate::codec {

namespace {

// The rates that encoders take, and that every player plays.
constexpr std::array<std::uint32_t, 12> kRates{8000,  11025, 12000, 16000, 22050, 24000,
                                               32000, 44100, 48000, 64000, 88200, 96000};
constexpr std::uint32_t kUsualRate = 48000;
constexpr std::uint8_t kMostChannels = 2;

}  // namespace

media::AudioFormat encodable(media::AudioFormat format) {
    auto const rate = std::ranges::lower_bound(kRates, format.sample_rate);
    bool const usual = format.sample_rate == 0 || rate == kRates.end();
    auto const channels = std::min(format.channel_count, kMostChannels);
    return {usual ? kUsualRate : *rate, channels == 0 ? kMostChannels : channels};
}

struct Encoder::State {
    ffmpeg::Context context;
    ffmpeg::Packet packet;
    ffmpeg::Frame frame;
    media::AacConfig config;
    std::int64_t encoded = 0;  // frames
};

Encoder::Encoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

std::expected<Encoder, std::string> Encoder::open(media::AudioFormat format, Listener listener) {
    ffmpeg::silence();
    auto config = media::make_aac_lc_config(format.sample_rate, format.channel_count);
    auto const* const codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (!config || codec == nullptr) return std::unexpected("there is no AAC encoder");
    auto state = std::make_unique<State>();
    state->config = std::move(*config);
    state->context.reset(avcodec_alloc_context3(codec));
    state->packet.reset(av_packet_alloc());
    state->frame.reset(av_frame_alloc());
    if (!state->context || !state->packet || !state->frame) {
        return std::unexpected("no memory for an encoder");
    }
    auto& context = *state->context;
    context.thread_count = 1;
    context.sample_fmt = AV_SAMPLE_FMT_FLTP;
    context.sample_rate = static_cast<int>(format.sample_rate);
    context.time_base = {1, context.sample_rate};
    bool const is_machine = listener == Listener::machine;
    context.bit_rate = is_machine ? kSpeechBitRate * format.channel_count : kAacBitRate;
    context.profile = FF_PROFILE_AAC_LOW;
    av_channel_layout_default(&context.ch_layout, format.channel_count);
    av_opt_set(context.priv_data, "aac_coder", is_machine ? "fast" : "twoloop", 0);
    if (auto const error = avcodec_open2(&context, codec, nullptr); error < 0) {
        return std::unexpected("the AAC encoder does not start: " + ffmpeg::describe(error));
    }
    if (context.frame_size != static_cast<int>(kAacFrames) ||
        context.initial_padding != static_cast<int>(kAacPriming)) {
        return std::unexpected("the AAC encoder is not the one that is expected");
    }
    auto& frame = *state->frame;
    frame.format = context.sample_fmt;
    frame.sample_rate = context.sample_rate;
    frame.nb_samples = static_cast<int>(kAacFrames);
    if (av_channel_layout_copy(&frame.ch_layout, &context.ch_layout) < 0 ||
        av_frame_get_buffer(&frame, 0) < 0) {
        return std::unexpected("no memory for an encoder");
    }
    return Encoder(std::move(state));
}

media::AacConfig const& Encoder::config() const {
    return state_->config;
}

std::expected<void, std::string> Encoder::encode(std::span<float const> frames,
                                                 std::vector<EncodedUnit>& out) {
    auto& state = *state_;
    auto& frame = *state.frame;
    if (av_frame_make_writable(&frame) < 0) return std::unexpected("no memory for an encoder");
    auto const channels = static_cast<std::size_t>(frame.ch_layout.nb_channels);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        auto* const plane = reinterpret_cast<float*>(frame.extended_data[channel]);
        for (std::size_t i = 0; i < kAacFrames; ++i) plane[i] = frames[i * channels + channel];
    }
    frame.pts = state.encoded;
    state.encoded += static_cast<std::int64_t>(kAacFrames);
    if (auto const error = avcodec_send_frame(state.context.get(), &frame); error < 0) {
        return std::unexpected("the AAC encoder fails: " + ffmpeg::describe(error));
    }
    return receive(out);
}

std::expected<void, std::string> Encoder::finish(std::vector<EncodedUnit>& out) {
    if (auto const error = avcodec_send_frame(state_->context.get(), nullptr); error < 0) {
        return std::unexpected("the AAC encoder fails: " + ffmpeg::describe(error));
    }
    return receive(out);
}

std::expected<void, std::string> Encoder::receive(std::vector<EncodedUnit>& out) {
    auto& packet = *state_->packet;
    while (true) {
        auto const error = avcodec_receive_packet(state_->context.get(), &packet);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return {};
        if (error < 0) {
            return std::unexpected("the AAC encoder fails: " + ffmpeg::describe(error));
        }
        out.push_back({packet.pts, base::SharedBytes::copy_of(
                                       {packet.data, static_cast<std::size_t>(packet.size)})});
        av_packet_unref(&packet);
    }
}

}  // namespace tidegate::codec
