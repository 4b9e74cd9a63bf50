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
        for (auto const* track : {&kH264, &kH265, &kAac, &kOpus}) {
            auto const body = write_sequence_header(*track, form);
            EXPECT_EQ(body.empty(), !can_write(track->codec(), form));
            if (body.empty()) continue;
            auto const tag = parse(*track, body);
            ASSERT_TRUE(tag) << track->label() << tag.error().message;
            EXPECT_EQ(std::get<SequenceHeader>(*tag).track, *track);
        }
        EXPECT_TRUE(write_sequence_header(kMp3, form).empty());
    }
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
    };
    for (auto const& c : cases) {
        media::Unit const unit{
            .keyframe = c.keyframe, .pts = 10s + c.composition_time, .dts = 10s, .payload = {}};
        auto const header = write_frame_header(c.track, unit, c.form);
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
                          {kMp3, "fffb9064"}};
    for (auto const& c : cases) {
        media::Unit const unit{.keyframe = true, .pts = 40ms, .dts = 0ms, .payload = {}};
        auto const header = write_frame_header(c.track, unit, Form::enhanced);
        base::Bytes body(header.view().begin(), header.view().end());
        auto const payload = hex(c.payload);
        body.insert(body.end(), payload.begin(), payload.end());
        auto const tag = parse(c.track, body);
        ASSERT_TRUE(tag) << tag.error().message;
        auto const& frame = std::get<Frame>(*tag);
        EXPECT_EQ(frame.codec, c.track.codec());
        EXPECT_EQ(base::Bytes(frame.payload.view().begin(), frame.payload.view().end()), payload);
        EXPECT_EQ(frame.composition_time, c.track.kind() == media::Kind::video ? 40ms : 0ms);
    }
}

TEST(FourCc, IsKnownByNumberAndKind) {
    EXPECT_EQ(codec_of(0x68766331, media::Kind::video), Codec::h265);
    EXPECT_EQ(codec_of(0x4f707573, media::Kind::audio), Codec::opus);
    EXPECT_EQ(codec_of(0x4f707573, media::Kind::video), std::nullopt);
    EXPECT_EQ(codec_of(0, media::Kind::video), std::nullopt);
    EXPECT_EQ(four_cc(Codec::h264), "avc1");
}

}  // namespace
}  // namespace tidegate::flv
