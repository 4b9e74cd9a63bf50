#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "codec/decoder.hpp"
#include "codec/encoder.hpp"
#include "codec/ffmpeg.hpp"
#include "codec/piece.hpp"
#include "codec/resampler.hpp"
#include "codec/test_sounds.hpp"
#include "media/aac.hpp"
#include "media/flac.hpp"

namespace tidegate::codec {
namespace {

using media::AudioFormat;
using media::Pcm;

std::vector<EncodedUnit> encoded(Pcm const& pcm) {
    auto encoder = Encoder::open(pcm.format);
    EXPECT_TRUE(encoder) << encoder.error();
    std::vector<EncodedUnit> units;
    for (std::size_t at = 0; at + kAacFrames <= pcm.frames(); at += kAacFrames) {
        EXPECT_TRUE(encoder->encode(pcm.frames(at, kAacFrames), units));
    }
    EXPECT_TRUE(encoder->finish(units));
    return units;
}

// The sound of units, placed by their positions; what lies before the first frame is left out.
Pcm decoded(AudioFormat format, std::vector<EncodedUnit> const& units) {
    auto decoder = Decoder::open({*media::make_aac_lc_config(
        format.sample_rate, static_cast<std::uint8_t>(format.channel_count))});
    EXPECT_TRUE(decoder) << decoder.error();
    Pcm all{format, {}};
    for (auto const& unit : units) {
        std::vector<Sound> sounds;
        decoder->decode(unit.payload.view(), {}, sounds);
        if (unit.first_frame < 0) continue;
        EXPECT_EQ(all.frames(), std::size_t(unit.first_frame));
        for (auto const& sound : sounds) {
            EXPECT_EQ(sound.pcm.format, format);
            all.samples.insert(all.samples.end(), sound.pcm.samples.begin(),
                               sound.pcm.samples.end());
        }
    }
    return all;
}

// A unit of every other codec, made by libavcodec's own encoders.
struct Coded {
    media::Track track;
    std::vector<base::Bytes> units;
};

Coded coded_with(AVCodecID id, media::Track track, AVSampleFormat sample_format) {
    auto const* const codec = avcodec_find_encoder(id);
    EXPECT_NE(codec, nullptr);
    ffmpeg::Context context(avcodec_alloc_context3(codec));
    auto const format = track.audio_format();
    context->sample_fmt = sample_format;
    context->sample_rate = int(format.sample_rate);
    context->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    context->bit_rate = 128000;
    av_channel_layout_default(&context->ch_layout, format.channel_count);
    EXPECT_EQ(avcodec_open2(context.get(), codec, nullptr), 0);
    auto const frames = context->frame_size == 0 ? 960 : context->frame_size;
    if (auto* const flac = std::get_if<media::FlacConfig>(&track.config)) {
        flac->stream_info.assign(context->extradata, context->extradata + context->extradata_size);
    }
    Coded made{track, {}};
    ffmpeg::Frame frame(av_frame_alloc());
    frame->format = sample_format;
    frame->nb_samples = frames;
    frame->sample_rate = context->sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &context->ch_layout);
    EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
    ffmpeg::Packet packet(av_packet_alloc());
    bool const planar = av_sample_fmt_is_planar(sample_format) != 0;
    auto const channels = int(format.channel_count);
    for (int sent = 0; sent < 40; ++sent) {
        EXPECT_EQ(av_frame_make_writable(frame.get()), 0);
        for (int i = 0; i < frames * channels; ++i) {
            auto const at = sent * frames + i / channels;
            auto const value =
                0.5 * std::sin(2 * std::numbers::pi * 1000 * at / double(format.sample_rate));
            auto* const plane = frame->extended_data[planar ? i % channels : 0];
            auto const index = planar ? i / channels : i;
            if (av_get_packed_sample_fmt(sample_format) == AV_SAMPLE_FMT_FLT) {
                reinterpret_cast<float*>(plane)[index] = float(value);
            } else {
                reinterpret_cast<std::int16_t*>(plane)[index] = std::int16_t(value * 32767);
            }
        }
        frame->pts = std::int64_t(sent) * frames;
        EXPECT_EQ(avcodec_send_frame(context.get(), frame.get()), 0);
        while (avcodec_receive_packet(context.get(), packet.get()) == 0) {
            made.units.emplace_back(packet->data, packet->data + packet->size);
            av_packet_unref(packet.get());
        }
    }
    return made;
}

std::vector<std::pair<std::string, Coded>> every_codec() {
    media::FlacConfig flac;
    flac.sample_rate = 48000;
    flac.channel_count = 2;
    media::Ac3Config ac3;
    ac3.sample_rate = 48000;
    ac3.channel_count = 2;
    media::Eac3Config eac3;
    eac3.sample_rate = 48000;
    eac3.channel_count = 2;
    return {
        {"aac",
         coded_with(AV_CODEC_ID_AAC, {*media::make_aac_lc_config(44100, 2)}, AV_SAMPLE_FMT_FLTP)},
        {"opus", coded_with(AV_CODEC_ID_OPUS, {media::OpusConfig{2}}, AV_SAMPLE_FMT_FLT)},
        {"mp3", coded_with(AV_CODEC_ID_MP3, {media::Mp3Config{44100, 2}}, AV_SAMPLE_FMT_FLTP)},
        {"ac3", coded_with(AV_CODEC_ID_AC3, {ac3}, AV_SAMPLE_FMT_FLTP)},
        {"eac3", coded_with(AV_CODEC_ID_EAC3, {eac3}, AV_SAMPLE_FMT_FLTP)},
        {"flac", coded_with(AV_CODEC_ID_FLAC, {flac}, AV_SAMPLE_FMT_S16)},
        {"pcma", coded_with(AV_CODEC_ID_PCM_ALAW, {media::PcmaConfig{8000, 1}}, AV_SAMPLE_FMT_S16)},
        {"pcmu",
         coded_with(AV_CODEC_ID_PCM_MULAW, {media::PcmuConfig{8000, 2}}, AV_SAMPLE_FMT_S16)},
    };
}

Pcm all_of(Decoder& decoder, std::vector<base::Bytes> const& units) {
    std::vector<Sound> sounds;
    for (auto const& unit : units) decoder.decode(unit, base::Timestamp{1}, sounds);
    Pcm all;
    for (auto const& sound : sounds) {
        all.format = sound.pcm.format;
        all.samples.insert(all.samples.end(), sound.pcm.samples.begin(), sound.pcm.samples.end());
    }
    return all;
}

TEST(Encoder, AClickIsFoundWhereItWasPut) {
    for (AudioFormat const format : {AudioFormat{48000, 2}, AudioFormat{44100, 1}}) {
        auto pcm = test::silence(20 * kAacFrames, format);
        for (std::size_t c = 0; c < format.channel_count; ++c) {
            pcm.samples[10000 * format.channel_count + c] = 0.9F;
        }
        auto const units = encoded(pcm);
        ASSERT_FALSE(units.empty());
        EXPECT_EQ(units.front().first_frame, -std::int64_t(kAacPriming));
        EXPECT_EQ(test::loudest(decoded(format, units)), 10000U);
    }
}

TEST(Encoder, SaysTheConfigurationThatWasAnnounced) {
    auto const encoder = Encoder::open({44100, 2});
    ASSERT_TRUE(encoder) << encoder.error();
    EXPECT_EQ(encoder->config(), *media::make_aac_lc_config(44100, 2));
}

TEST(Encoder, AFormatThatAacDoesNotHaveBecomesTheNearest) {
    EXPECT_EQ(encodable({44100, 1}), (AudioFormat{44100, 1}));
    EXPECT_EQ(encodable({44000, 6}), (AudioFormat{44100, 2}));
    EXPECT_EQ(encodable({0, 0}), (AudioFormat{48000, 2}));
    EXPECT_EQ(encodable({192000, 2}), (AudioFormat{48000, 2}));
    for (auto const rate : {8000U, 22050U, 96000U}) {
        EXPECT_TRUE(Encoder::open(encodable({rate, 1}))) << rate;
    }
}

TEST(Decoder, EveryCodecIsHeard) {
    for (auto const& [name, coded] : every_codec()) {
        auto decoder = Decoder::open(coded.track);
        ASSERT_TRUE(decoder) << name << ": " << decoder.error();
        auto const sound = all_of(*decoder, coded.units);
        EXPECT_EQ(sound.format, coded.track.audio_format()) << name;
        EXPECT_EQ(decoder->errors(), 0U) << name;
        ASSERT_GT(sound.frames(), 10000U) << name;
        EXPECT_GT(test::share_of(sound, 1000, 5000, 4800), 0.98) << name;
    }
}

TEST(Decoder, DamagedUnitsCostTheirOwnSoundOnly) {
    std::mt19937 random(7);
    for (auto const& [name, coded] : every_codec()) {
        auto decoder = Decoder::open(coded.track);
        ASSERT_TRUE(decoder) << name;
        std::vector<Sound> sounds;
        for (int i = 0; i < 200; ++i) {
            auto unit = coded.units[std::size_t(i) % coded.units.size()];
            for (int flips = 0; flips < 8; ++flips) {
                unit[random() % unit.size()] = std::uint8_t(random());
            }
            if (i % 5 == 0) unit.resize(random() % unit.size());
            decoder->decode(unit, {}, sounds);
        }
        decoder->decode({}, {}, sounds);
        decoder->decode(base::Bytes(kMaxUnitSize + 1), {}, sounds);
        EXPECT_GE(decoder->errors(), 2U) << name;
        for (auto const& sound : sounds) {
            for (auto const sample : sound.pcm.samples) ASSERT_TRUE(std::isfinite(sample)) << name;
        }
        decoder->restart();
        auto const sound = all_of(*decoder, coded.units);
        ASSERT_GT(sound.frames(), 10000U) << name;
        EXPECT_GT(test::share_of(sound, 1000, 5000, 4800), 0.98) << name;
    }
}

TEST(Decoder, TellsWhenASoundIsHeard) {
    auto decoder = Decoder::open({*media::make_aac_lc_config(48000, 2)});
    ASSERT_TRUE(decoder);
    std::vector<Sound> sounds;
    base::Timestamp at{std::chrono::hours(30)};
    for (auto const& unit : encoded(test::silence(5 * kAacFrames))) {
        decoder->decode(unit.payload.view(), at += std::chrono::milliseconds(21), sounds);
        EXPECT_EQ(sounds.back().at, at);
    }
}

TEST(Decoder, ASentenceForWhatCannotBeDecoded) {
    EXPECT_FALSE(Decoder::open({media::H264Config{}}));
    media::AacConfig damaged;
    damaged.audio_specific_config = {0xff, 0xff, 0xff};
    EXPECT_FALSE(Decoder::open({damaged}));
}

TEST(Resampler, TheFirstFrameIsHeardWhenItWas) {
    auto pcm = test::silence(44100, {44100, 1});
    pcm.samples[22050] = 1;
    auto const out = resampled(pcm, {48000, 2});
    ASSERT_TRUE(out) << out.error();
    EXPECT_NEAR(double(out->frames()), 48000, 2);
    EXPECT_NEAR(double(test::loudest(*out)), 24000, 1);
}

TEST(Resampler, SaysWhatItHolds) {
    for (auto const rate : {24000U, 44100U, 48000U}) {
        auto resampler = Resampler::open({rate, 1}, {48000, 1});
        ASSERT_TRUE(resampler);
        EXPECT_EQ(resampler->held(), 0);
        std::vector<float> out;
        for (int i = 1; i <= 5; ++i) {
            resampler->convert(test::silence(1024, {rate, 1}).samples, out);
            auto const put_in = 1024.0 * i * 48000 / rate;
            EXPECT_NEAR(double(resampler->held()), put_in - double(out.size()), 2) << rate;
            EXPECT_GT(resampler->held(), 0);
        }
    }
}

TEST(Resampler, StretchesWithoutAClick) {
    auto resampler = Resampler::open({48000, 1}, {48000, 1});
    ASSERT_TRUE(resampler);
    auto pcm = test::silence(96000, {48000, 1});
    test::add_tone(pcm, 200, 0.5F, 0, 96000);
    std::vector<float> out;
    for (std::size_t at = 0; at < 96000; at += 480) {
        if (at == 24000) resampler->stretch(48, 48000);
        resampler->convert(pcm.frames(at, 480), out);
    }
    resampler->finish(out);
    EXPECT_NEAR(double(out.size()), 96048, 3);
    // The steepest step of a tone of 200 Hz.
    auto const steepest = 0.5F * 2 * std::numbers::pi_v<float> * 200 / 48000;
    for (std::size_t i = 1; i + 100 < out.size(); ++i) {
        ASSERT_LE(std::abs(out[i] - out[i - 1]), steepest * 1.05F) << i;
    }
}

TEST(Piece, AdtsGivesBackTheSoundAtItsPlace) {
    auto pcm = test::silence(48000);
    test::add_tone(pcm, 880, 0.5F, 20000, 10000);
    auto const bytes = to_adts(pcm);
    ASSERT_TRUE(bytes) << bytes.error();
    auto const back = from_adts(*bytes);
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(back->format, pcm.format);
    EXPECT_NEAR(double(test::first_louder(*back, 0.2F)), 20003, 20);
    EXPECT_GE(back->frames(), pcm.frames());
    EXPECT_LT(back->frames(), pcm.frames() + 2 * kAacFrames);
}

TEST(Piece, SamplesGiveBackThemselves) {
    Pcm pcm{{16000, 1}, {0, 0.5F, -0.5F, -1, 2, -2}};
    auto const back = from_s16le(to_s16le(pcm), pcm.format);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->samples, (std::vector<float>{0, 0.5F, -0.5F, -1, 32767 / 32768.0F, -1}));
}

TEST(Piece, GarbageAndMinutesOfSilenceAreRefused) {
    EXPECT_FALSE(from_adts({}));
    EXPECT_FALSE(from_adts(base::Bytes(5000, 0x41)));
    EXPECT_FALSE(from_s16le({}, {48000, 2}));
    EXPECT_FALSE(from_s16le(base::Bytes(100), {0, 2}));
    EXPECT_FALSE(from_s16le(base::Bytes(100), {48000, 0}));
    EXPECT_FALSE(from_s16le(base::Bytes(2 * 8000 * 61), {8000, 1}));
    base::Bytes long_silence;
    auto const second = *to_adts(test::silence(48000, {8000, 1}));
    for (int i = 0; i < 12; ++i) {
        long_silence.insert(long_silence.end(), second.begin(), second.end());
    }
    EXPECT_FALSE(from_adts(long_silence));
    base::Bytes damaged;  // 10 MB of the smallest units, none of which has a sound
    for (int i = 0; i < 1'250'000; ++i) {
        damaged.insert(damaged.end(), {0xff, 0xf1, 0x4c, 0x80, 0x01, 0x1f, 0xfc, 0xff});
    }
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_EQ(from_adts(damaged).error(), "longer than a minute");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

}  // namespace
}  // namespace tidegate::codec
