// What media/silence.hpp makes is silence to a real decoder, in every codec and number of channels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codec/decoder.hpp"
#include "media/aac.hpp"
#include "media/silence.hpp"

namespace tidegate::codec {
namespace {

constexpr int kUnits = 50;
// One step of 16-bit samples, halved.
constexpr float kInaudible = 0.5F / 32768;

struct Heard {
    std::size_t frames = 0;
    float loudest = 0;
    std::uint64_t errors = 0;
    media::AudioFormat format;
};

Heard hear(media::Track const& track, media::Silence const& silence) {
    auto decoder = Decoder::open(track);
    EXPECT_TRUE(decoder) << decoder.error();
    std::vector<Sound> sounds;
    for (int i = 0; i < kUnits; ++i) {
        decoder->decode(silence.unit.view(), silence.duration(static_cast<std::uint64_t>(i)),
                        sounds);
    }
    Heard heard;
    heard.errors = decoder->errors();
    for (auto const& sound : sounds) {
        heard.frames += sound.pcm.frames();
        heard.format = sound.pcm.format;
        for (auto const sample : sound.pcm.samples) {
            heard.loudest = std::max(heard.loudest, std::abs(sample));
        }
    }
    return heard;
}

void expect_silence(media::Track const& track, base::ByteView last_unit = {}) {
    auto const silence = media::silence_of(track, last_unit);
    ASSERT_TRUE(silence) << track.label();
    auto const heard = hear(track, *silence);
    EXPECT_EQ(heard.errors, 0U) << track.label();
    // A-law has no code for 0: its smallest steps are 8 and -8.
    bool const a_law = track.codec() == media::Codec::pcma;
    EXPECT_LE(heard.loudest, a_law ? 8.0F / 32768 : kInaudible) << track.label();
    EXPECT_EQ(heard.format, track.audio_format()) << track.label();
    // Some decoders give the sound of a unit with the next one.
    auto const seconds = static_cast<double>(heard.frames) / heard.format.sample_rate;
    auto const expected = std::chrono::duration<double>(silence->duration()).count();
    EXPECT_NEAR(seconds, kUnits * expected, 2 * expected + 0.01) << track.label();
}

TEST(Silence, OfAacIsSilentToADecoder) {
    for (auto const channels : base::Bytes{1, 2, 3, 4, 5, 6, 8}) {
        SCOPED_TRACE(static_cast<int>(channels));
        expect_silence({*media::make_aac_lc_config(48'000, channels)});
    }
    expect_silence({*media::make_aac_lc_config(44'100, 2)});
    expect_silence({*media::make_aac_lc_config(8'000, 1)});
    // HE-AAC: a unit of the core, and twice as much sound.
    expect_silence({*media::parse_audio_specific_config(base::Bytes{0x2b, 0x92, 0x08, 0x00})});
}

TEST(Silence, OfOpusG711AndMp3IsSilentToADecoder) {
    expect_silence({media::OpusConfig{2}});
    expect_silence({media::PcmaConfig{8'000, 1}});
    expect_silence({media::PcmuConfig{8'000, 1}});
    // MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo.
    expect_silence({media::Mp3Config{44'100, 2}}, base::Bytes{0xFF, 0xFB, 0x90, 0x00});
}

TEST(Silence, IsNotMadeUpWhereThereIsNone) {
    EXPECT_FALSE(media::silence_of({media::FlacConfig{}}));
    EXPECT_FALSE(media::silence_of({media::Ac3Config{48'000, 2, {}}}));
    EXPECT_FALSE(media::silence_of({media::OpusConfig{6}}));
    EXPECT_FALSE(media::silence_of({media::Mp3Config{}}));
    EXPECT_FALSE(media::silence_of({media::H264Config{}}));
    // Low delay AAC has another syntax: object type 23, 44.1 kHz, stereo.
    EXPECT_FALSE(media::silence_of({media::AacConfig{base::Bytes{0xBA, 0x10}, 44'100, 2}}));
}

}  // namespace
}  // namespace tidegate::codec
