#include "codec/decoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "codec/ffmpeg.hpp"
#include "media/aac.hpp"

namespace tidegate::codec {

namespace {

// Louder than any sound that a decoder gives of sound units. Some give huge values of damaged ones.
constexpr float kLoudest = 4.0F;

AVCodecID id_of(media::Codec codec) {
    switch (codec) {
        case media::Codec::aac:
            return AV_CODEC_ID_AAC;
        case media::Codec::opus:
            return AV_CODEC_ID_OPUS;
        case media::Codec::mp3:
            return AV_CODEC_ID_MP3;
        case media::Codec::ac3:
            return AV_CODEC_ID_AC3;
        case media::Codec::eac3:
            return AV_CODEC_ID_EAC3;
        case media::Codec::flac:
            return AV_CODEC_ID_FLAC;
        case media::Codec::pcma:
            return AV_CODEC_ID_PCM_ALAW;
        case media::Codec::pcmu:
            return AV_CODEC_ID_PCM_MULAW;
        default:
            return AV_CODEC_ID_NONE;
    }
}

// What the decoder must know before the first unit. Empty for codecs whose units say everything.
base::ByteView extradata_of(media::Track const& track) {
    if (auto const* const aac = std::get_if<media::AacConfig>(&track.config)) {
        return aac->audio_specific_config;
    }
    if (auto const* const flac = std::get_if<media::FlacConfig>(&track.config)) {
        return flac->stream_info;
    }
    return {};
}

bool set_extradata(AVCodecContext& context, base::ByteView bytes) {
    if (bytes.empty()) return true;
    auto* const copy = static_cast<std::uint8_t*>(
        av_mallocz(bytes.size() + std::size_t{AV_INPUT_BUFFER_PADDING_SIZE}));
    if (copy == nullptr) return false;
    std::ranges::copy(bytes, copy);
    context.extradata = copy;  // freed with the context
    context.extradata_size = static_cast<int>(bytes.size());
    return true;
}

float cleaned(float sample) {
    return std::isfinite(sample) ? std::clamp(sample, -kLoudest, kLoudest) : 0.0F;
}

template <class Sample>
float as_float(Sample sample) {
    if constexpr (std::is_floating_point_v<Sample>) {
        return cleaned(static_cast<float>(sample));
    } else if constexpr (std::is_same_v<Sample, std::uint8_t>) {
        return (static_cast<float>(sample) - 128.0F) / 128.0F;
    } else {
        constexpr auto kFullScale = -static_cast<float>(std::numeric_limits<Sample>::min());
        return static_cast<float>(sample) / kFullScale;
    }
}

template <class Sample>
void interleave(AVFrame const& frame, bool planar, std::span<float> out) {
    auto const channels = static_cast<std::size_t>(frame.ch_layout.nb_channels);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        auto const* const plane = planar ? frame.extended_data[channel] : frame.extended_data[0];
        auto const step = planar ? 1 : channels;
        auto const first = planar ? 0 : channel;
        for (std::size_t i = 0; i * channels < out.size(); ++i) {
            Sample sample;
            std::memcpy(&sample, plane + (first + i * step) * sizeof sample, sizeof sample);
            out[i * channels + channel] = as_float(sample);
        }
    }
}

// False: no format that any of our decoders gives.
bool interleave(AVFrame const& frame, std::span<float> out) {
    auto const format = static_cast<AVSampleFormat>(frame.format);
    bool const planar = av_sample_fmt_is_planar(format) != 0;
    switch (av_get_packed_sample_fmt(format)) {
        case AV_SAMPLE_FMT_FLT:
            interleave<float>(frame, planar, out);
            return true;
        case AV_SAMPLE_FMT_DBL:
            interleave<double>(frame, planar, out);
            return true;
        case AV_SAMPLE_FMT_S16:
            interleave<std::int16_t>(frame, planar, out);
            return true;
        case AV_SAMPLE_FMT_S32:
            interleave<std::int32_t>(frame, planar, out);
            return true;
        case AV_SAMPLE_FMT_U8:
            interleave<std::uint8_t>(frame, planar, out);
            return true;
        default:
            return false;
    }
}

bool within_limits(AVFrame const& frame) {
    return frame.nb_samples > 0 && static_cast<std::size_t>(frame.nb_samples) <= kMaxUnitFrames &&
           frame.ch_layout.nb_channels > 0 && frame.ch_layout.nb_channels <= kMaxChannels &&
           frame.sample_rate > 0 &&
           static_cast<std::uint32_t>(frame.sample_rate) <= media::kMaxAudioSampleRate;
}

}  // namespace

struct Decoder::State {
    ffmpeg::Context context;
    ffmpeg::Packet packet;
    ffmpeg::Frame frame;
    std::vector<std::uint8_t> padded;  // the unit, and the zeros that libavcodec may read behind it
    base::Timestamp newest{};          // of the unit that came last
};

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

std::expected<Decoder, std::string> Decoder::open(media::Track const& track) {
    ffmpeg::silence();
    auto const* const codec = avcodec_find_decoder(id_of(track.codec()));
    if (codec == nullptr) {
        return std::unexpected(std::string(track.label()) + " cannot be decoded");
    }
    auto state = std::make_unique<State>();
    state->context.reset(avcodec_alloc_context3(codec));
    state->packet.reset(av_packet_alloc());
    state->frame.reset(av_frame_alloc());
    if (!state->context || !state->packet || !state->frame) {
        return std::unexpected("no memory for a decoder");
    }
    auto& context = *state->context;
    auto const format = track.audio_format();
    context.thread_count = 1;
    context.pkt_timebase = {1, 1'000'000'000};
    context.sample_rate = static_cast<int>(format.sample_rate);
    if (format.channel_count > 0) {
        av_channel_layout_default(&context.ch_layout, format.channel_count);
    }
    if (!set_extradata(context, extradata_of(track))) {
        return std::unexpected("no memory for a decoder");
    }
    if (auto const error = avcodec_open2(&context, codec, nullptr); error < 0) {
        return std::unexpected(std::string(track.label()) +
                               " cannot be decoded: " + ffmpeg::describe(error));
    }
    return Decoder(std::move(state));
}

void Decoder::decode(base::ByteView unit, base::Timestamp pts, std::vector<Sound>& out) {
    if (unit.empty() || unit.size() > kMaxUnitSize) {
        ++errors_;
        return;
    }
    auto& state = *state_;
    state.newest = pts;
    state.padded.assign(unit.begin(), unit.end());
    state.padded.resize(unit.size() + AV_INPUT_BUFFER_PADDING_SIZE);
    auto& packet = *state.packet;
    packet.data = state.padded.data();
    packet.size = static_cast<int>(unit.size());
    packet.pts = packet.dts = pts.count();
    auto const sent = avcodec_send_packet(state.context.get(), &packet);
    packet.data = nullptr;
    packet.size = 0;
    bool good = sent >= 0;
    good = receive(out) && good;
    if (!good) ++errors_;
}

// False: the unit was damaged. A decoder gives few frames for a unit, each of which is bounded; it
// gives none twice.
bool Decoder::receive(std::vector<Sound>& out) {
    auto& frame = *state_->frame;
    while (true) {
        auto const error = avcodec_receive_frame(state_->context.get(), &frame);
        if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return true;
        if (error < 0 || !within_limits(frame)) return false;
        auto const channels = static_cast<std::size_t>(frame.ch_layout.nb_channels);
        Sound sound{
            base::Timestamp{frame.pts == AV_NOPTS_VALUE ? state_->newest.count() : frame.pts},
            {{static_cast<std::uint32_t>(frame.sample_rate), static_cast<std::uint8_t>(channels)},
             std::vector<float>(channels * static_cast<std::size_t>(frame.nb_samples))}};
        bool const known = interleave(frame, sound.pcm.samples);
        av_frame_unref(&frame);
        if (!known) return false;
        out.push_back(std::move(sound));
    }
}

void Decoder::restart() {
    avcodec_flush_buffers(state_->context.get());
}

}  // namespace tidegate::codec
