#include "flv/tag.hpp"

#include <gtest/gtest.h>

#include "media/avc_config.hpp"
#include "media/avcc.hpp"
#include "media/hevc_config.hpp"
#include "media/opus.hpp"
#include "media/test_samples.hpp"

namespace tidegate::flv {
namespace {

using namespace std::chrono_literals;
using base::SharedBytes;
using media::Codec;
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
         {"57 00 000000", "57 01 000000 01", "94 68766331 02", "27 01 000000 00000000"}) {
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
        {"", "invalid body size"},
        {"17", "invalid body size"},
        {"17010000", "invalid body size"},
        {"1701000000", "invalid body size"},
        {"22 01 000000 00", "unsupported video codec: 2"},
        {"24 01 000000 00", "unsupported video codec: 4"},
        {"17 03 000000 00", "unsupported video message type: 3"},
        {"17 ff 000000 00", "unsupported video message type: 255"},
        {"17 01 000000 000000", "unable to decode AVCC: invalid length"},
        {"17 01 000000 00000009 65", "unable to decode AVCC: invalid length"},
        {"17 00 000000", "invalid AVC configuration: too short"},
        {"17 00 000000 01640028fdff0009", "invalid AVC configuration: unsupported length size 2"},
        {"17 00 000000 01640028ffff0009", "invalid AVC configuration: invalid length"},
        {"91 61766331", "invalid body size"},
        {"91 61766331 0000", "invalid body size"},
        {"91 61766331 000000", "invalid body size"},
        {"93 61766331", "invalid body size"},
        {"90 61763031 00", "unsupported fourCC: 1635135537"},  // av01
        {"90 4f707573 00", "unsupported fourCC: 1332770163"},  // Opus is not video
        {"95 61766331 00", "unsupported video extended type: 5"},
        {"96 00 61766331", "unsupported video extended type: 6"},
        {"97 ff 61766331", "unsupported video extended type: 7"},
        {"9f 61766331 00", "unsupported video extended type: 15"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_video(shared(c.body));
        ASSERT_FALSE(tag) << c.body;
        EXPECT_EQ(tag.error().message, c.error) << c.body;
    }
}

TEST(VideoTag, TooManyUnitsAreRefused) {
    base::Bytes payload;
    for (std::size_t i = 0; i <= media::kMaxNalusPerAccessUnit; ++i) {
        media::append_avcc(payload, hex("41"));
    }
    EXPECT_FALSE(parse_video(joined("27 01 000000", payload)));
}

TEST(VideoTag, EveryCutOfAFrameIsRefusedOrEmpty) {
    auto const whole = hex("17 01 000000 00000002 6588 00000001 41");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const tag = parse_video(SharedBytes::copy_of(base::ByteView(whole).first(size)));
        EXPECT_EQ(tag.has_value(), size == 11) << size;
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
    for (auto const* body : {"90 2e6d7033", "94 4f707573 0102"}) {
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
        {"", "invalid body size"},
        {"af", "invalid body size"},
        {"af01", "invalid body size"},
        {"af00", "invalid AAC configuration: too short"},
        {"af001710", "invalid AAC configuration: invalid sample rate"},
        {"af02 00", "unsupported audio message type: 2"},
        {"0f 00", "unsupported audio codec: 0"},
        {"bf 0000", "unsupported audio codec: 11"},
        {"2f 00000000", "invalid MPEG audio frame: no sync word"},
        {"90 6d7034", "invalid body size"},
        {"91 6d703461", "invalid body size"},
        {"91 664c6143 00", "unsupported fourCC: 1716281667"},  // fLaC
        {"91 61766331 00", "unsupported fourCC: 1635148593"},  // avc1 is not audio
        {"93 6d703461 00", "unsupported audio extended type: 3"},
        {"95 6d703461 00", "unsupported audio extended type: 5"},
        {"97 6d703461 00", "unsupported audio extended type: 7"},
        {"9f 6d703461 00", "unsupported audio extended type: 15"},
        {"90 4f707573 00", "invalid OpusHead: too short"},
    };
    for (auto const& c : cases) {
        auto const tag = parse_audio(shared(c.body));
        ASSERT_FALSE(tag) << c.body;
        EXPECT_EQ(tag.error().message, c.error) << c.body;
    }
}

}  // namespace
}  // namespace tidegate::flv
