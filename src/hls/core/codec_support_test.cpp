#include "hls/core/codec_support.hpp"

#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "media/test_samples.hpp"

namespace tidegate::hls {
namespace {

using media::test::hex;

media::Track track(media::CodecConfig config) {
    return {std::move(config)};
}

TEST(CodecSupport, NamesCodecsAsMediaMtxDoes) {
    EXPECT_EQ(codecs_entry(track(media::test::h264_720p())).substr(0, 5), "avc1.");
    EXPECT_EQ(codecs_entry(track(media::H264Config{hex("6742c028d9007802"), hex("68ce")})),
              "avc1.42c028");
    EXPECT_EQ(codecs_entry(track(media::H265Config{
                  hex("40010c01"),
                  hex("420101 01600000030090000003000003 0078 a003c08010e5966669 24cae010000003"
                      "00100000030 1e080"),
                  hex("44010c")})),
              "hvc1.1.6.L120.90");
    EXPECT_EQ(codecs_entry(track(media::test::aac_stereo_44100())), "mp4a.40.2");
    EXPECT_EQ(codecs_entry(track(media::OpusConfig{})), "opus");
    EXPECT_EQ(codecs_entry(track(media::Mp3Config{})), "mp4a.6B");
    EXPECT_EQ(codecs_entry(track(media::Mp3Config{22050, 1})), "mp4a.69");
    EXPECT_EQ(codecs_entry(track(media::PcmaConfig{})), "");
    EXPECT_EQ(codecs_entry(track(media::test::av1_160x120())), "av01.0.00M.08.0.110.01.01.01.0");
    EXPECT_EQ(codecs_entry(track(media::test::flac_mono_48000())), "flac");
    EXPECT_EQ(codecs_entry(track(media::H264Config{})), "");
    EXPECT_EQ(codecs_entry(track(media::H265Config{})), "");
}

// HE-AAC is AAC-LC with extensions: MediaMTX names the core.
TEST(CodecSupport, NamesTheCoreOfAac) {
    auto const he = media::parse_audio_specific_config(hex("2b920800"));
    ASSERT_TRUE(he);
    EXPECT_EQ(codecs_entry(track(*he)), "mp4a.40.2");
}

std::vector<std::size_t> chosen(std::vector<media::CodecConfig> configs) {
    std::vector<Source> sources(configs.size());
    for (std::size_t i = 0; i < configs.size(); ++i) sources[i].track.config = configs[i];
    return choose_tracks(sources);
}

TEST(CodecSupport, OneVideoAndAllAudioAreCarried) {
    using Indices = std::vector<std::size_t>;
    auto const h264 = media::test::h264_720p();
    auto const h265 = media::test::h265_1080p();
    auto const aac = media::test::aac_stereo_44100();
    EXPECT_EQ(chosen({aac, h264, media::OpusConfig{}}), (Indices{1, 0, 2}));
    EXPECT_EQ(chosen({h264, h265, aac}), (Indices{1, 2}));
    EXPECT_EQ(chosen({h264, h264}), (Indices{0}));
    EXPECT_EQ(chosen({media::PcmaConfig{}, h264}), (Indices{1}));
    EXPECT_EQ(chosen({media::Mp3Config{}, h264}), (Indices{1, 0}));
    // Parameter sets may come with the pictures; a sample rate does not.
    EXPECT_EQ(chosen({media::H264Config{}, media::AacConfig{}}), (Indices{0}));
    EXPECT_EQ(chosen({}), Indices{});
    EXPECT_EQ(chosen({h265, media::test::vp9_160x120(), media::test::av1_160x120()}), (Indices{2}));
    EXPECT_EQ(chosen({media::Av1Config{}, media::PcmaConfig{}, media::test::flac_mono_48000()}),
              (Indices{0, 2}));
}

TEST(CodecSupport, WhatFewPlayersDecodeIsAGroupOfItsOwn) {
    EXPECT_EQ(audio_group(track(media::test::aac_stereo_44100())), "audio");
    EXPECT_EQ(audio_group(track(media::OpusConfig{})), "audio");
    EXPECT_EQ(audio_group(track(media::FlacConfig{})), "audio");
    EXPECT_EQ(audio_group(track(media::Ac3Config{})), "audio-ac3");
    EXPECT_EQ(audio_group(track(media::Eac3Config{})), "audio-eac3");
}

}  // namespace
}  // namespace tidegate::hls
