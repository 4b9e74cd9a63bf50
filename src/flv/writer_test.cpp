#include "flv/writer.hpp"

#include <gtest/gtest.h>

#include "flv/tag.hpp"
#include "media/decoder_config.hpp"
#include "media/test_samples.hpp"

namespace tidegate::flv {
namespace {

using namespace std::chrono_literals;
using base::SharedBytes;
using media::Codec;
using media::test::hex;

media::Track const kH264{media::test::h264_main_360p()};
media::Track const kH265{media::test::h265_1080p()};
media::Track const kAac{media::test::aac_stereo_44100()};
media::Track const kOpus{media::OpusConfig{2}};
media::Track const kMp3{media::Mp3Config{}};
media::Track const kAv1{media::test::av1_160x120()};
media::Track const kVp9{media::test::vp9_160x120()};
media::Track const kAc3{media::Ac3Config{48000, 2, hex("101140")}};
media::Track const kEac3{media::Eac3Config{48000, 2, hex("0600200400")}};
media::Track const kFlac{media::test::flac_mono_48000()};
media::Track const kALaw{media::PcmaConfig{}};
media::Track const kMuLawStereo{media::PcmuConfig{8000, 2}};

std::expected<Tag, Error> parse(media::Track const& track, base::Bytes const& body) {
    auto const shared = SharedBytes::copy_of(body);
    return track.kind() == media::Kind::video ? parse_video(shared) : parse_audio(shared);
}

TEST(SequenceHeader, GoldenBytes) {
    EXPECT_EQ(write_sequence_header(kH264),
              hex("17 00 000000 014d401effe10018674d401eeca05017fcb808800000030080000019078b16cb"
                  "01000568ebe3cb20"));
    EXPECT_EQ(write_sequence_header(kAac), hex("af 00 1210"));
    EXPECT_EQ(write_sequence_header(kOpus, Form::enhanced),
              hex("90 4f707573 4f70757348656164 01 02 0000 80bb0000 0000 00"));
}

TEST(SequenceHeader, IsReadBackInBothForms) {
    for (auto const form : {Form::legacy, Form::enhanced}) {
        for (auto const* track : {&kH264, &kH265, &kAac, &kOpus, &kAv1, &kFlac}) {
            auto const body = write_sequence_header(*track, form);
            EXPECT_EQ(body.empty(), !can_write(*track, form));
            if (body.empty()) continue;
            auto const tag = parse(*track, body);
            ASSERT_TRUE(tag) << track->label() << tag.error().message;
            EXPECT_EQ(std::get<SequenceHeader>(*tag).track, *track);
        }
        EXPECT_TRUE(write_sequence_header(kMp3, form).empty());
        EXPECT_TRUE(write_sequence_header(kALaw, form).empty());
    }
}

TEST(SequenceHeader, OfEnhancedRtmpAsFfmpegWritesThem) {
    EXPECT_EQ(write_sequence_header(kAv1, Form::enhanced),
              hex("90 61763031 81000c00 0a0b020000051da7fb805f0008"));
    EXPECT_EQ(write_sequence_header(kVp9, Form::enhanced),
              hex("90 76703039 01000000 00 0a 82 020202 0000"));
    EXPECT_EQ(write_sequence_header(kFlac, Form::enhanced),
              hex("90 664c6143 04800480000000000000 0bb800f000000000"
                  "00000000000000000000000000000000"));
    // AC-3 and E-AC-3 have none, but clients wait for the message.
    EXPECT_EQ(write_sequence_header(kAc3, Form::enhanced), hex("90 61632d33"));
    EXPECT_EQ(write_sequence_header(kEac3, Form::enhanced), hex("90 65632d33"));
    for (auto const* track : {&kAv1, &kVp9, &kAc3, &kEac3, &kFlac}) {
        EXPECT_TRUE(write_sequence_header(*track, Form::legacy).empty()) << track->label();
    }
}

TEST(SequenceHeader, OfAFurtherTrackIsAMultitrackMessage) {
    EXPECT_EQ(write_sequence_header(kAac, Form::enhanced, 3), hex("95 00 6d703461 03 1210"));
    EXPECT_EQ(write_sequence_header(kAc3, Form::enhanced, 1), hex("95 00 61632d33 01"));
    auto const h264 = write_sequence_header(kH264, Form::enhanced, 1);
    EXPECT_EQ(base::Bytes(h264.begin(), h264.begin() + 8), hex("96 00 61766331 01 01"));
    auto const tag = parse(kH264, h264);
    ASSERT_TRUE(tag) << tag.error().message;
    EXPECT_EQ(std::get<SequenceHeader>(*tag).track, kH264);
    EXPECT_EQ(std::get<SequenceHeader>(*tag).track_id, 1);
}

TEST(SequenceHeader, IsLeftOutUntilItIsKnown) {
    EXPECT_TRUE(write_sequence_header({media::Av1Config{}}, Form::enhanced).empty());
    EXPECT_TRUE(write_sequence_header({media::Vp9Config{}}, Form::enhanced).empty());
}

TEST(SequenceHeader, HevcIsTwelveOrItsFourCc) {
    auto const legacy = write_sequence_header(kH265);
    EXPECT_EQ(base::Bytes(legacy.begin(), legacy.begin() + 6), hex("1c 00 000000 01"));
    auto const enhanced = write_sequence_header(kH265, Form::enhanced);
    EXPECT_EQ(base::Bytes(enhanced.begin(), enhanced.begin() + 6), hex("90 68766331 01"));
}

TEST(SequenceHeader, H264WithoutParameterSetsGetsTheDefault) {
    auto const tag = parse(kH264, write_sequence_header({media::H264Config{}}));
    ASSERT_TRUE(tag);
    EXPECT_EQ(std::get<SequenceHeader>(*tag).track, (media::Track{media::default_h264_config()}));
    EXPECT_TRUE(write_sequence_header({media::H265Config{}}).empty());
}

TEST(FrameHeader, GoldenBytes) {
    struct Case {
        media::Track const& track;
        Form form;
        bool keyframe;
        std::chrono::nanoseconds composition_time;
        char const* bytes;
        std::uint8_t track_id = 0;
    };
    Case const cases[] = {
        {kH264, Form::legacy, true, 0ms, "17 01 000000"},
        {kH264, Form::legacy, false, 80ms, "27 01 000050"},
        {kH264, Form::enhanced, false, 80ms, "27 01 000050"},
        {kH264, Form::legacy, false, -1ms, "27 01 ffffff"},
        {kH264, Form::legacy, false, 3h, "27 01 7fffff"},
        {kH264, Form::legacy, false, -3h, "27 01 800000"},
        {kH265, Form::legacy, true, 40ms, "1c 01 000028"},
        {kH265, Form::enhanced, true, 40ms, "91 68766331 000028"},
        {kH265, Form::enhanced, false, 0ms, "a1 68766331 000000"},
        {kAac, Form::legacy, true, 0ms, "af 01"},
        {kAac, Form::enhanced, true, 0ms, "af 01"},
        {kOpus, Form::enhanced, true, 0ms, "91 4f707573"},
        {kMp3, Form::legacy, true, 0ms, "2f"},
        // FFmpeg demands the temporal delimiter.
        {kAv1, Form::enhanced, true, 0ms, "91 61763031 1200"},
        {kAv1, Form::enhanced, false, 0ms, "a1 61763031 1200"},
        {kVp9, Form::enhanced, false, 0ms, "a1 76703039"},
        {kAc3, Form::enhanced, true, 0ms, "91 61632d33"},
        {kEac3, Form::enhanced, true, 0ms, "91 65632d33"},
        {kFlac, Form::enhanced, true, 0ms, "91 664c6143"},
        {kALaw, Form::enhanced, true, 0ms, "72"},
        {kMuLawStereo, Form::legacy, true, 0ms, "83"},
        {kH264, Form::enhanced, false, 80ms, "a6 01 61766331 01 000050", 1},
        {kAv1, Form::enhanced, true, 0ms, "96 01 61763031 02 1200", 2},
        {kAac, Form::enhanced, true, 0ms, "95 01 6d703461 01", 1},
        {kFlac, Form::enhanced, true, 0ms, "95 01 664c6143 04", 4},
    };
    for (auto const& c : cases) {
        media::Unit const unit{
            .keyframe = c.keyframe, .pts = 10s + c.composition_time, .dts = 10s, .payload = {}};
        auto const header = write_frame_header(c.track, unit, c.form, c.track_id);
        EXPECT_EQ(base::Bytes(header.view().begin(), header.view().end()), hex(c.bytes)) << c.bytes;
    }
}

TEST(FrameHeader, RoundsEachTimeAsTheMessageDoes) {
    // 0.6 and 1.4 ms: both round to 1 ms on the wire, so nothing may be between them.
    media::Unit const unit{.pts = 1400us, .dts = 600us, .payload = {}};
    auto const header = write_frame_header(kH264, unit);
    EXPECT_EQ(header.bytes[4], 0);
}

TEST(FrameHeader, WithThePayloadIsReadBack) {
    struct Case {
        media::Track const& track;
        char const* payload;
    };
    Case const cases[] = {{kH264, "00000002 6588"},
                          {kH265, "00000003 260188"},
                          {kAac, "2110"},
                          {kOpus, "f800"},
                          {kMp3, "fffb9064"},
                          {kAv1, "0a0b020000051da7fb805f0008 32031000aa"},
                          {kVp9, "82498342 0009f007 76"},
                          {kAc3, "0b77480d0c402f84"},
                          {kEac3, "0b7700bf3287c000"},
                          {kFlac, "fff8aa0800ed4c"},
                          {kALaw, "d5d5"},
                          {kMuLawStereo, "ffff"}};
    for (auto const& c : cases) {
        media::Unit const unit{.keyframe = true, .pts = 40ms, .dts = 0ms, .payload = {}};
        auto const header = write_frame_header(c.track, unit, Form::enhanced);
        base::Bytes body(header.view().begin(), header.view().end());
        auto const payload = hex(c.payload);
        body.insert(body.end(), payload.begin(), payload.end());
        auto const tag = parse(c.track, body);
        ASSERT_TRUE(tag) << tag.error().message;
        auto const& frame = std::get<Frame>(*tag);
        bool const has_composition_time = c.track.parameter_sets() != nullptr;
        EXPECT_EQ(frame.codec, c.track.codec());
        EXPECT_EQ(base::Bytes(frame.payload.view().begin(), frame.payload.view().end()), payload);
        EXPECT_EQ(frame.composition_time, has_composition_time ? 40ms : 0ms);
    }
}

TEST(TrackIds, CountFromZeroForEachKindAndBeginWithWhatEveryClientReads) {
    using Ids = std::vector<std::optional<std::uint8_t>>;
    struct Case {
        media::Tracks tracks;
        Ids ids;
    };
    media::Track const wide{media::PcmaConfig{16000, 1}};
    Case const cases[] = {
        {{}, {}},
        {{kH264, kAac}, {0, 0}},
        {{kAac, kH264, kAac, kAac}, {0, 0, 1, 2}},
        {{kAv1, kH264, kOpus, kAac}, {1, 0, 1, 0}},  // H.264 and AAC need no fourCC
        {{kAv1, kH265, kVp9}, {0, 1, 2}},
        {{kALaw, kAac, kMuLawStereo}, {0, 1, std::nullopt}},  // a second G.711 has no fourCC
        {{wide, kAac}, {std::nullopt, 0}},                    // and FLV knows 8 kHz only
        {{wide}, {std::nullopt}},
    };
    for (auto const& c : cases) EXPECT_EQ(track_ids(c.tracks), c.ids);
}

TEST(FourCc, IsKnownByNumberAndKind) {
    EXPECT_EQ(codec_of(0x68766331, media::Kind::video), Codec::h265);
    EXPECT_EQ(codec_of(0x4f707573, media::Kind::audio), Codec::opus);
    EXPECT_EQ(codec_of(0x4f707573, media::Kind::video), std::nullopt);
    EXPECT_EQ(codec_of(0, media::Kind::video), std::nullopt);
    EXPECT_EQ(four_cc(Codec::h264), "avc1");
    EXPECT_EQ(codec_of(0x61763031, media::Kind::video), Codec::av1);
    EXPECT_EQ(codec_of(0x664c6143, media::Kind::audio), Codec::flac);
    EXPECT_EQ(codec_name(Codec::pcmu), "G.711 µ-law");
}

}  // namespace
}  // namespace tidegate::flv
