#include "flv/tag.hpp"

#include <gtest/gtest.h>

#include "flv/codec_name.hpp"
#include "media/avcc.hpp"
#include "media/decoder_config.hpp"
#include "media/opus.hpp"
#include "media/test_samples.hpp"

namespace tidegate::flv {
namespace {

using namespace std::chrono_literals;
using base::SharedBytes;
using media::Codec;
using media::Kind;
using media::test::hex;

SharedBytes shared(base::Bytes const& bytes) {
    return SharedBytes::copy_of(bytes);
}
SharedBytes shared(std::string_view text) {
    return shared(hex(text));
}

SharedBytes joined(std::string_view prefix, base::Bytes const& rest) {
    auto bytes = hex(prefix);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return shared(bytes);
}

TEST(VideoTag, SequenceHeadersGiveTheTrack) {
    auto const avc = media::write_avc_config(media::test::h264_720p());
    auto const hevc = media::write_hevc_config(media::test::h265_1080p());
    media::Track const h264{media::test::h264_720p()};
    media::Track const h265{media::test::h265_1080p()};
    struct Case {
        char const* prefix;
        base::Bytes const& record;
        media::Track const& track;
    };
    Case const cases[] = {
        {"17 00 000000", avc, h264},
        {"1c 00 000000", hevc, h265},
        {"90 61766331", avc, h264},
        {"90 68766331", hevc, h265},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(joined(c.prefix, c.record));
        ASSERT_TRUE(tag) << c.prefix << ": " << tag.error().message;
        ASSERT_TRUE(std::holds_alternative<SequenceHeader>(*tag)) << c.prefix;
        EXPECT_EQ(std::get<SequenceHeader>(*tag).track, c.track) << c.prefix;
    }
}

TEST(VideoTag, FramesArePointedAtNotCopied) {
    struct Case {
        char const* body;
        Codec codec;
        bool keyframe;
        std::chrono::milliseconds composition_time;
        std::size_t offset;
    };
    Case const cases[] = {
        {"17 01 000050 00000002 6588", Codec::h264, true, 80ms, 5},
        {"27 01 000000 00000002 4188", Codec::h264, false, 0ms, 5},
        {"27 01 fffff6 00000002 4188", Codec::h264, false, -10ms, 5},
        {"27 01 800000 00000002 4188", Codec::h264, false, -8388608ms, 5},
        {"27 01 7fffff 00000002 4188", Codec::h264, false, 8388607ms, 5},
        {"1c 01 000000 00000003 260188", Codec::h265, true, 0ms, 5},
        {"91 61766331 000028 00000002 6588", Codec::h264, true, 40ms, 8},
        {"a1 68766331 ffffff 00000003 020188", Codec::h265, false, -1ms, 8},
        {"93 68766331 00000003 260188", Codec::h265, true, 0ms, 5},
    };
    for (auto const& c : cases) {
        auto const body = shared(c.body);
        auto const tag = parse_video(body);
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        auto const* frame = std::get_if<Frame>(&*tag);
        ASSERT_NE(frame, nullptr) << c.body;
        EXPECT_EQ(frame->codec, c.codec) << c.body;
        EXPECT_EQ(frame->keyframe, c.keyframe) << c.body;
        EXPECT_EQ(frame->composition_time, c.composition_time) << c.body;
        EXPECT_EQ(frame->payload.data(), body.data() + c.offset) << c.body;
        EXPECT_EQ(frame->payload.size(), body.size() - c.offset) << c.body;
    }
}

TEST(VideoTag, TheKeyframeFlagIsNotBelieved) {
    auto const lie = parse_video(shared("17 01 000000 00000002 4188"));
    EXPECT_FALSE(std::get<Frame>(*lie).keyframe);
    auto const shy = parse_video(shared("27 01 000000 00000002 6588"));
    EXPECT_TRUE(std::get<Frame>(*shy).keyframe);
}

TEST(VideoTag, SomeMessagesCarryNoMedia) {
    for (auto const* body :
         {"", "17", "57 00", "17 00", "17 01", "57 00 000000", "57 01 000000 01", "17 00 000000",
          "1c 00 000000", "17 01 000000", "27 01 000000 00000000", "94 68766331 02", "90 61766331",
          "90 68766331", "91 61766331 000000", "93 61766331", "d1 61763031 00",
          "97 00 00 04 61766331", "96 00 61766331 01"}) {
        auto const tag = parse_video(shared(body));
        ASSERT_TRUE(tag) << body << ": " << tag.error().message;
        EXPECT_TRUE(std::holds_alternative<Nothing>(*tag)) << body;
    }
    for (auto const* body : {"17 02 000000", "92 61766331"}) {
        auto const tag = parse_video(shared(body));
        ASSERT_TRUE(tag) << body;
        EXPECT_TRUE(std::holds_alternative<EndOfSequence>(*tag)) << body;
    }
}

TEST(VideoTag, WrongOnesAreRefusedInMediaMtxsWords) {
    struct Case {
        char const* body;
        char const* error;
    };
    Case const cases[] = {
        {"170100", "invalid body size"},
        {"17010000", "invalid body size"},
        {"17 03 000000 00", "unsupported video message type: 3"},
        {"17 ff 000000 00", "unsupported video message type: 255"},
        {"17 01 000000 000000", "unable to decode AVCC: invalid length"},
        {"17 01 000000 00000009 65", "unable to decode AVCC: invalid length"},
        {"17 00 000000 01", "invalid AVC configuration: too short"},
        {"17 00 000000 000000016742", "invalid AVC configuration: version 0"},
        {"17 00 000000 01640028ffff0009", "invalid AVC configuration: invalid length"},
        {"90 617663", "invalid body size"},
        {"91 61766331 00", "invalid body size"},
        {"91 61766331 0000", "invalid body size"},
        {"95 61766331 00", "unsupported video packet type: 5"},
        {"97 ff 61766331", "invalid body size"},
        {"97 07 61766331", "invalid body size"},
        {"97 00 00 07 00 00 07", "invalid body size"},
        {"97 00 00 0f 61766331 00", "unsupported video packet type: 15"},
        {"9f 61766331 00", "unsupported video packet type: 15"},
        {"90 61763031 00", "invalid AV1 configuration: too short"},
        {"90 76703039 01000000 0400", "invalid VP9 configuration: too short"},
        {"96 30 61766331 00", "unsupported kind of multitrack message"},
        {"96 06 61766331 00", "a multitrack message inside another one"},
        {"96 07 61766331 00", "a multitrack message inside another one"},
        {"96 00 61766331", "invalid body size"},
        {"96 10 61766331 00", "invalid body size"},
        {"96 10 61766331 00 000005 00", "invalid body size"},
        {"96 11 61766331 00 000003 000000 00", "invalid body size"},
        {"96 20 61766331 00 000000 68", "invalid body size"},
        {"96 01 61766331 00 000000 00000009 65", "unable to decode AVCC: invalid length"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(shared(c.body));
        ASSERT_FALSE(tag) << c.body;
        EXPECT_EQ(tag.error().message, c.error) << c.body;
    }
}

TEST(VideoTag, OtherCodecsAreNamed) {
    struct Case {
        char const* body;
        char const* name;
    };
    Case const cases[] = {
        {"22 01 000000 00", "Sorenson H.263"},
        {"14 01 000000 00", "VP6"},
        {"13 00 000000", "Screen video"},
        {"1f 00 000000", "codec 15"},
        {"90 76703038 00", "VP8"},
        {"9f 76766331 00", "H.266"},
        {"90 4f707573 00", "Opus"},
        {"90 78797a31 00", "codec 'xyz1'"},
        {"90 ff000000 00", "codec 4278190080"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(shared(c.body));
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        ASSERT_TRUE(std::holds_alternative<Unsupported>(*tag)) << c.body;
        EXPECT_EQ(codec_name(std::get<Unsupported>(*tag).codec, Kind::video), c.name) << c.body;
    }
}

TEST(VideoTag, ModifiersAreSkipped) {
    for (auto const* modifiers :
         {"97 03 00000000 01", "97 00 00 07 01 0000 01", "97 ff 0001 0000 01"}) {
        auto const tag = parse_video(joined(modifiers, hex("61766331 000028 00000002 6588")));
        ASSERT_TRUE(tag) << modifiers << ": " << tag.error().message;
        EXPECT_EQ(std::get<Frame>(*tag).composition_time, 40ms) << modifiers;
    }
}

TEST(VideoTag, SeveralTracksInOneMessage) {
    auto const body =
        shared("96 11 61766331 00 00000a 000028 00000003 658801 03 000009 000000 00000002 4188");
    auto const many = parse_video(body);
    ASSERT_TRUE(many) << many.error().message;
    auto const& tracks = std::get<Multitrack>(*many).tracks;
    ASSERT_EQ(tracks.size(), 2U);
    auto const& first = std::get<Frame>(tracks[0]);
    EXPECT_EQ(first.track_id, 0);
    EXPECT_EQ(first.composition_time, 40ms);
    EXPECT_EQ(first.payload.data(), body.data() + 13) << "pointed at, not copied";
    EXPECT_EQ(first.payload.size(), 7U);
    auto const& second = std::get<Frame>(tracks[1]);
    EXPECT_EQ(second.track_id, 3);
    EXPECT_FALSE(second.keyframe);
    EXPECT_EQ(second.payload.size(), 6U);

    auto const codecs =
        parse_video(shared("96 23 76703038 00 000001 00 68766331 01 000007 00000003 260188"));
    ASSERT_TRUE(codecs) << codecs.error().message;
    auto const& mixed = std::get<Multitrack>(*codecs).tracks;
    ASSERT_EQ(mixed.size(), 2U);
    EXPECT_EQ(std::get<Unsupported>(mixed[0]).codec, 0x76703038U);
    EXPECT_EQ(std::get<Frame>(mixed[1]).codec, Codec::h265);
    EXPECT_EQ(std::get<Frame>(mixed[1]).track_id, 1);

    auto const one = parse_video(shared("96 03 61766331 07 00000002 6588"));
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(std::get<Frame>(*one).track_id, 7);
}

TEST(VideoTag, TooManyTracksAreRefused) {
    std::string parts;
    for (std::size_t i = 0; i <= media::kMaxTracks; ++i) parts += "01 000000";
    auto const tag = parse_video(joined("96 10 61766331", hex(parts)));
    ASSERT_FALSE(tag);
    EXPECT_EQ(tag.error().message, "too many tracks in a message");
}

TEST(VideoTag, HeadersSayHowLongLengthsAreAndMayLackSets) {
    struct Case {
        char const* body;
        media::Track track;
        unsigned length_size;
    };
    media::Track const both{media::H264Config{hex("674d401e80"), hex("68ee")}};
    Case const cases[] = {
        {"17 00 000000 014d401effe10005674d401e8001000268ee", both, 4},
        {"17 00 000000 014d401efde10005674d401e8001000268ee", both, 2},
        {"17 00 000000 014d401effe000", {media::H264Config{}}, 4},
        {"90 61766331 014d401efee000", {media::H264Config{}}, 3},
        {"17 00 000000 00000001674d401e80 00000168ee", both, 4},  // annex B
        {"1c 00 000000 01 0000000000000000000000000000000000000000 0d 00",
         {media::H265Config{}},
         2},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(shared(c.body));
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        auto const* const header = std::get_if<SequenceHeader>(&*tag);
        ASSERT_NE(header, nullptr) << c.body;
        EXPECT_EQ(header->track, c.track) << c.body;
        EXPECT_EQ(header->length_size, c.length_size) << c.body;
    }
}

TEST(VideoTag, FramesOfOtherFormsAreConverted) {
    struct Case {
        char const* body;
        unsigned length_size;
        bool parameter_sets;
        char const* payload;
    };
    Case const cases[] = {
        {"17 01 000000 0002 6588", 2, false, "00000002 6588"},
        {"91 61766331 000028 0002 6588", 2, false, "00000002 6588"},
        {"93 61766331 00000168ee 0000016588", 4, true, "00000002 68ee 00000002 6588"},
        {"17 01 000000 00000002 68ee 00000002 6588", 4, true, "00000002 68ee 00000002 6588"},
        {"1c 01 000000 000001 4401c0 000001 260188", 4, true, "00000003 4401c0 00000003 260188"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(shared(c.body), c.length_size);
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        auto const& frame = std::get<Frame>(*tag);
        auto const bytes = frame.payload.view();
        EXPECT_EQ(base::Bytes(bytes.begin(), bytes.end()), hex(c.payload)) << c.body;
        EXPECT_EQ(frame.configuration, c.parameter_sets) << c.body;
        EXPECT_TRUE(frame.keyframe) << c.body;
    }
}

TEST(VideoTag, TooManyUnitsAreRefused) {
    base::Bytes payload;
    for (std::size_t i = 0; i <= media::kMaxNalus; ++i) {
        media::append_avcc(payload, hex("41"));
    }
    EXPECT_FALSE(parse_video(joined("27 01 000000", payload)));
}

TEST(VideoTag, EveryCutOfAFrameIsRefusedOrEmpty) {
    auto const whole = hex("17 01 000000 00000002 6588 00000001 41");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const tag = parse_video(SharedBytes::copy_of(base::ByteView(whole).first(size)));
        EXPECT_EQ(tag.has_value(), size <= 2 || size == 5 || size == 11) << size;
    }
}

TEST(AudioTag, SequenceHeadersGiveTheTrack) {
    media::Track const aac{media::test::aac_stereo_44100()};
    for (auto const* body : {"af 00 1210", "90 6d703461 1210"}) {
        auto const tag = parse_audio(shared(body));
        ASSERT_TRUE(tag) << body << ": " << tag.error().message;
        EXPECT_EQ(std::get<SequenceHeader>(*tag).track, aac) << body;
    }
    auto const opus = parse_audio(joined("90 4f707573", media::write_opus_head({1})));
    ASSERT_TRUE(opus) << opus.error().message;
    EXPECT_EQ(std::get<SequenceHeader>(*opus).track, (media::Track{media::OpusConfig{1}}));
}

TEST(AudioTag, FramesArePointedAtNotCopied) {
    struct Case {
        char const* body;
        Codec codec;
        std::size_t offset;
    };
    Case const cases[] = {
        {"af 01 2110", Codec::aac, 2},        {"a2 01 2110", Codec::aac, 2},
        {"2f fffb9064 00", Codec::mp3, 1},    {"91 6d703461 2110", Codec::aac, 5},
        {"91 4f707573 f800", Codec::opus, 5}, {"91 2e6d7033 fffb9064", Codec::mp3, 5},
    };
    for (auto const& c : cases) {
        auto const body = shared(c.body);
        auto const tag = parse_audio(body);
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        auto const* frame = std::get_if<Frame>(&*tag);
        ASSERT_NE(frame, nullptr) << c.body;
        EXPECT_EQ(frame->codec, c.codec) << c.body;
        EXPECT_TRUE(frame->keyframe);
        EXPECT_EQ(frame->composition_time, 0ms);
        EXPECT_EQ(frame->payload.data(), body.data() + c.offset) << c.body;
    }
}

TEST(AudioTag, SomeMessagesCarryNoMedia) {
    for (auto const* body :
         {"", "af", "2f", "5f", "af 00", "af 01", "a2 01", "90 664c6143", "90 6d703461",
          "91 6d703461", "90 4f707573", "94 4f707573 0102", "95 01 4f707573 01"}) {
        auto const tag = parse_audio(shared(body));
        ASSERT_TRUE(tag) << body;
        EXPECT_TRUE(std::holds_alternative<Nothing>(*tag)) << body;
    }
    EXPECT_TRUE(std::holds_alternative<EndOfSequence>(*parse_audio(shared("92 6d703461"))));
}

TEST(AudioTag, WrongOnesAreRefusedInMediaMtxsWords) {
    struct Case {
        char const* body;
        char const* error;
    };
    Case const cases[] = {
        {"af00 12", "invalid AAC configuration: too short"},
        {"af001710", "invalid AAC configuration: invalid sample rate"},
        {"af02 00", "unsupported audio message type: 2"},
        {"2f 00000000", "invalid MPEG audio frame: no sync word"},
        {"90 6d7034", "invalid body size"},
        {"93 6d703461 00", "unsupported audio packet type: 3"},
        {"96 6d703461 00", "unsupported audio packet type: 6"},
        {"9f 6d703461 00", "unsupported audio packet type: 15"},
        {"97 6d703461 00", "invalid body size"},
        {"95 05 6d703461 00", "a multitrack message inside another one"},
        {"95 90 6d703461 00", "unsupported kind of multitrack message"},
        {"95 11 6d703461 00 000004 2110", "invalid body size"},
        {"90 4f707573 00", "invalid OpusHead: too short"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_audio(shared(c.body));
        ASSERT_FALSE(tag) << c.body;
        EXPECT_EQ(tag.error().message, c.error) << c.body;
    }
}

TEST(AudioTag, OtherCodecsAreNamed) {
    struct Case {
        char const* body;
        char const* name;
    };
    Case const cases[] = {
        {"0f 0000", "LPCM"},
        {"36 0000", "LPCM"},
        {"42 0000", "Nellymoser 16 kHz"},
        {"52 0000", "Nellymoser 8 kHz"},
        {"6f 0000", "Nellymoser"},
        {"b2 0000", "Speex"},
        {"c2 0000", "codec 12"},
        {"91 61632d34 00", "AC-4"},
        {"91 69616d66 00", "IAMF"},
        {"91 61766331 00", "H.264"},  // is not audio
    };
    for (auto const& c : cases) {
        auto const tag = parse_audio(shared(c.body));
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        ASSERT_TRUE(std::holds_alternative<Unsupported>(*tag)) << c.body;
        EXPECT_EQ(codec_name(std::get<Unsupported>(*tag).codec, Kind::audio), c.name) << c.body;
    }
}

// The second header announces the track; its frames say what it is.
TEST(AudioTag, SomeHeadersAreEmptyAndAnnounceTheTrack) {
    struct Case {
        char const* body;
        Codec codec;
        std::uint8_t track_id;
    };
    Case const cases[] = {{"90 61632d33", Codec::ac3, 0},
                          {"90 65632d33", Codec::eac3, 0},
                          {"90 2e6d7033", Codec::mp3, 0},
                          {"95 00 61632d33 02", Codec::ac3, 2}};
    for (auto const& c : cases) {
        auto const tag = parse_audio(shared(c.body));
        ASSERT_TRUE(tag) << c.body;
        auto const* const header = std::get_if<SequenceHeader>(&*tag);
        ASSERT_NE(header, nullptr) << c.body;
        EXPECT_EQ(header->track.codec(), c.codec) << c.body;
        EXPECT_FALSE(header->track.configured()) << c.body;
        EXPECT_EQ(header->track_id, c.track_id) << c.body;
    }
}

TEST(AudioTag, G711HasItsChannelsInTheTag) {
    struct Case {
        char const* body;
        Codec codec;
        std::uint8_t channels;
    };
    Case const cases[] = {{"72 d5d5", Codec::pcma, 1},
                          {"73 d5d5", Codec::pcma, 2},
                          {"8e ffff", Codec::pcmu, 1},
                          {"8f ffff", Codec::pcmu, 2}};
    for (auto const& c : cases) {
        auto const tag = parse_audio(shared(c.body));
        ASSERT_TRUE(tag) << c.body;
        auto const& frame = std::get<Frame>(*tag);
        EXPECT_EQ(frame.codec, c.codec) << c.body;
        EXPECT_EQ(frame.channel_count, c.channels) << c.body;
        EXPECT_EQ(frame.payload.size(), 2U) << c.body;
    }
}

TEST(AudioTag, FlacHeadersOfAllForms) {
    auto const flac = media::test::flac_mono_48000();
    for (auto const* front :
         {"90 664c6143", "90 664c6143 80000022", "90 664c6143 664c6143 80000022"}) {
        auto const tag = parse_audio(joined(front, flac.stream_info));
        ASSERT_TRUE(tag) << front << ": " << tag.error().message;
        EXPECT_EQ(std::get<SequenceHeader>(*tag).track, media::Track{flac}) << front;
    }
}

TEST(VideoTag, Av1AndVp9AsFfmpegSendsThem) {
    auto const header = parse_video(shared("90 61763031 81000c00 0a0b020000051da7fb805f0008"));
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(std::get<SequenceHeader>(*header).track, media::Track{media::test::av1_160x120()});
    auto const vp9 = parse_video(shared("90 76703039 01000000 000a820202020000"));
    ASSERT_TRUE(vp9) << vp9.error().message;
    EXPECT_EQ(std::get<SequenceHeader>(*vp9).track.codec(), Codec::vp9);
    EXPECT_FALSE(std::get<SequenceHeader>(*vp9).track.configured()) << "no size yet";

    struct Case {
        char const* body;
        std::size_t offset;  // of what is pointed at
        bool keyframe, configuration;
    };
    Case const cases[] = {
        {"91 61763031 1200 0a0b020000051da7fb805f0008 32031000aa", 7, true, true},
        {"93 61763031 0a0b020000051da7fb805f0008 32031000aa", 5, true, true},
        {"a1 61763031 1200 32033000aa", 7, false, false},  // an inter picture
        {"91 61763031 1200 32030000aa", 7, false, false},  // a key frame that is hidden
        {"91 76703039 824983420009f00776", 5, true, true},
        {"a1 76703039 86004092", 5, false, false},
    };
    for (auto const& c : cases) {
        auto const body = shared(c.body);
        auto const tag = parse_video(body);
        ASSERT_TRUE(tag) << c.body << ": " << tag.error().message;
        auto const& frame = std::get<Frame>(*tag);
        EXPECT_EQ(frame.keyframe, c.keyframe) << c.body;
        EXPECT_EQ(frame.configuration, c.configuration) << c.body;
        EXPECT_EQ(frame.payload.data(), body.data() + c.offset) << c.body;
        EXPECT_EQ(frame.payload.size(), body.size() - c.offset) << c.body;
    }
    EXPECT_TRUE(std::holds_alternative<Nothing>(*parse_video(shared("91 61763031 1200"))));
    EXPECT_FALSE(parse_video(shared("91 61763031 3205 00"))) << "an OBU that is cut off";
}

TEST(VideoTags, EachTrackHasItsOwnLengthSize) {
    VideoTags tags;
    auto const two = "014d401efde10005674d401e8001000268ee";
    auto const four = "014d401effe10005674d401e8001000268ee";
    ASSERT_TRUE(tags.parse(joined("17 00 000000", hex(four))));
    ASSERT_TRUE(tags.parse(joined("96 00 61766331 01", hex(two))));
    auto const first = tags.parse(shared("17 01 000000 00000002 6588"));
    auto const second = tags.parse(shared("96 01 61766331 01 000000 0002 6588"));
    ASSERT_TRUE(first && second);
    for (auto const& tag : {*first, *second}) {
        auto const view = std::get<Frame>(tag).payload.view();
        EXPECT_EQ(base::Bytes(view.begin(), view.end()), hex("00000002 6588"));
    }
}

TEST(AudioTag, SeveralTracksInOneMessage) {
    auto const tag = parse_audio(shared("95 21 6d703461 00 000002 2110 4f707573 02 000002 f800"));
    ASSERT_TRUE(tag) << tag.error().message;
    auto const& tracks = std::get<Multitrack>(*tag).tracks;
    ASSERT_EQ(tracks.size(), 2U);
    EXPECT_EQ(std::get<Frame>(tracks[0]).codec, Codec::aac);
    EXPECT_EQ(std::get<Frame>(tracks[1]).codec, Codec::opus);
    EXPECT_EQ(std::get<Frame>(tracks[1]).track_id, 2);
    auto const header = parse_audio(shared("95 00 6d703461 05 1210"));
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(std::get<SequenceHeader>(*header).track_id, 5);
}

}  // namespace
}  // namespace tidegate::flv
