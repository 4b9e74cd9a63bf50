// AV1, VP9, AC-3, E-AC-3 and FLAC: what their headers say, and how tracks learn it. The samples are
// of ffmpeg 9 unless they are made by hand.
#include <gtest/gtest.h>

#include "media/ac3.hpp"
#include "media/access_unit.hpp"
#include "media/av1.hpp"
#include "media/codecs_parameter.hpp"
#include "media/flac.hpp"
#include "media/sps.hpp"
#include "media/test_samples.hpp"
#include "media/vp9.hpp"

namespace tidegate::media {
namespace {

using test::BitWriter;
using test::hex;
using test::to_hex;

constexpr char kSvtSequence[] = "0a0b020000051da7fb805f0008";
constexpr char kSvtRecord[] = "81000c00 0a0b020000051da7fb805f0008";
constexpr char kVp9Key[] = "824983420009f0077606";
constexpr char kAc3Frame[] = "0b77480d0c402f842bc1c77a";
constexpr char kEac3Frame[] = "0b7700bf3287c00021064060";

TEST(Av1Config, GoldenBytesAreReadAndWritten) {
    auto const config = parse_av1_config(hex(kSvtRecord));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(*config, test::av1_160x120());
    EXPECT_EQ(write_av1_config(*config), hex(kSvtRecord));
    auto const sequence = av1_sequence(*config);
    ASSERT_TRUE(sequence);
    EXPECT_EQ(sequence->width, 160U);
    EXPECT_EQ(sequence->height, 120U);
    EXPECT_EQ(sequence->bit_depth, 8);
    auto const format = video_format({*config});
    ASSERT_TRUE(format);
    EXPECT_EQ(format->profile, "Main");
    EXPECT_EQ(format->level, "2");
    EXPECT_EQ(format->reorder_depth, 0);
}

TEST(Av1Config, ItsSequenceHeaderMayComeInBand) {
    auto const bare = parse_av1_config(hex("81000c00"));
    ASSERT_TRUE(bare);
    EXPECT_TRUE(bare->sequence_header.empty());
    EXPECT_TRUE(write_av1_config(*bare).empty());
    EXPECT_FALSE(Track{*bare}.configured());
    Track track{*bare};
    EXPECT_FALSE(learn_configuration(track, hex("32031000aa")));
    EXPECT_TRUE(learn_configuration(track, hex(std::string(kSvtSequence) + "32031000aa")));
    EXPECT_EQ(track, Track{test::av1_160x120()});
    EXPECT_FALSE(learn_configuration(track, hex(std::string(kSvtSequence) + "32031000aa")));
    EXPECT_FALSE(adopt_configuration(track, Track{*bare})) << "a header that says nothing";
}

TEST(Av1Config, WrongOnesAreRefusedWithAReason) {
    struct Case {
        char const* record;
        char const* error;
    };
    Case const cases[] = {
        {"8100", "invalid AV1 configuration: too short"},
        {"01000c00", "invalid AV1 configuration: invalid version"},
        {"81000c00 0a0b0200", "invalid AV1 configuration: invalid OBU"},
        {"81000c00 0a0102", "invalid AV1 sequence header: too short"},
    };
    for (auto const& c : cases) {
        auto const config = parse_av1_config(hex(c.record));
        ASSERT_FALSE(config) << c.record;
        EXPECT_EQ(config.error().message, c.error) << c.record;
    }
}

// With timing, decoder model, two operating points, 10 bits, 4:4:4, a description of colours.
TEST(Av1Sequence, EveryPartIsReadWhereItIs) {
    BitWriter bits;
    bits.bits(1, 3).bits(0, 1).bits(0, 1);                         // High profile
    bits.bits(1, 1).bits(1001, 32).bits(60000, 32);                // timing
    bits.bits(1, 1).ue(1);                                         // two ticks per picture
    bits.bits(1, 1).bits(9, 5).bits(1, 32).bits(9, 5).bits(9, 5);  // decoder model
    bits.bits(1, 1).bits(1, 5);                                    // initial delays, two points
    bits.bits(0, 12).bits(13, 5).bits(1, 1);                       // level 5.1, high tier
    bits.bits(1, 1).bits(1, 10).bits(2, 10).bits(0, 1).bits(1, 1).bits(3, 4);
    bits.bits(1, 12).bits(4, 5).bits(0, 1).bits(0, 1);
    bits.bits(11, 4).bits(11, 4).bits(3839, 12).bits(2159, 12);
    bits.bits(1, 1).bits(0, 4).bits(0, 3);             // frame ids
    bits.bits(0, 3).bits(0, 4).bits(1, 1).bits(0, 2);  // order hints
    bits.bits(0, 1).bits(1, 1).bits(0, 1).bits(1, 1).bits(6, 3);
    bits.bits(0, 3);
    bits.bits(1, 1).bits(1, 1).bits(9, 8).bits(16, 8).bits(9, 8).bits(1, 1);
    bits.bits(0, 2);
    auto const sequence = parse_av1_sequence(bits.bytes());
    ASSERT_TRUE(sequence) << sequence.error().message;
    EXPECT_EQ(sequence->profile, 1);
    EXPECT_EQ(sequence->level, 13);
    EXPECT_EQ(sequence->tier, 1);
    EXPECT_NEAR(sequence->fps, 29.97, 0.01);
    EXPECT_EQ(sequence->width, 3840U);
    EXPECT_EQ(sequence->height, 2160U);
    EXPECT_EQ(sequence->bit_depth, 10);
    EXPECT_FALSE(sequence->subsampling_x);
    EXPECT_EQ(sequence->color_primaries, 9);
    EXPECT_EQ(sequence->transfer_characteristics, 16);
    EXPECT_TRUE(sequence->full_range);
    base::Bytes obu;
    base::ByteWriter writer(obu);
    writer.u8(0x0aU);
    writer.u8(unsigned(bits.bytes().size()));
    writer.bytes(bits.bytes());
    EXPECT_EQ(codecs_parameter({Av1Config{obu}}), "av01.1.13H.10.0.000.09.16.09.1");
}

TEST(Av1TemporalUnit, IsBroughtIntoOurForm) {
    struct Case {
        char const* name;
        char const* sent;
        char const* carried;
        bool keyframe, sequence_header, copied;
    };
    Case const cases[] = {
        {"as it is", "32031000aa", "32031000aa", true, false, false},
        {"behind a delimiter", "1200 32031000aa", "32031000aa", true, false, false},
        {"a sequence header", "1200 0a0b020000051da7fb805f0008 32031000aa",
         "0a0b020000051da7fb805f0008 32031000aa", true, true, false},
        {"the last OBU without a size", "1200 301000aa", "32031000aa", true, false, true},
        {"padding in the middle", "2a0155 7a0100 32033000aa", "2a0155 32033000aa", false, false,
         true},
        {"a hidden key frame, then an inter picture", "32030000aa 32033000bb",
         "32030000aa 32033000bb", false, false, false},
        {"a picture that is shown again", "1a0180", "1a0180", false, false, false},
        {"nothing but a delimiter", "1200", "", false, false, false},
    };
    for (auto const& c : cases) {
        auto const sent = base::SharedBytes::copy_of(hex(c.sent));
        auto const unit = read_temporal_unit(sent);
        ASSERT_TRUE(unit) << c.name << ": " << unit.error().message;
        EXPECT_EQ(to_hex(unit->payload.view()), to_hex(hex(c.carried))) << c.name;
        EXPECT_EQ(unit->keyframe, c.keyframe) << c.name;
        EXPECT_EQ(unit->sequence_header, c.sequence_header) << c.name;
        if (unit->payload.empty()) continue;
        bool const inside =
            unit->payload.data() >= sent.data() && unit->payload.data() < sent.data() + sent.size();
        EXPECT_EQ(inside, !c.copied) << c.name;
    }
    for (auto const* broken : {"3205 10", "32ffffffff1f 00", "36"}) {
        EXPECT_FALSE(read_temporal_unit(base::SharedBytes::copy_of(hex(broken)))) << broken;
    }
    base::Bytes many;
    for (std::size_t i = 0; i <= kMaxObus; ++i) many.insert(many.end(), {0x2a, 0});
    EXPECT_FALSE(read_temporal_unit(base::SharedBytes::copy_of(many)));
}

TEST(Vp9Config, IsLearntFromTheKeyFrame) {
    Track track{*parse_vp9_config(hex("01000000 000a820202020000"))};
    EXPECT_FALSE(track.configured());
    EXPECT_FALSE(learn_configuration(track, hex("86004092"))) << "no key frame";
    EXPECT_TRUE(learn_configuration(track, hex(kVp9Key)));
    EXPECT_EQ(track, Track{test::vp9_160x120()});
    EXPECT_FALSE(learn_configuration(track, hex(kVp9Key)));
    EXPECT_EQ(write_vp9_config(test::vp9_160x120()), hex("01000000 000a820202020000"));
    EXPECT_EQ(codecs_parameter(track), "vp09.00.10.08");
    // A later header does not say the size, which stays.
    EXPECT_FALSE(adopt_configuration(track, Track{*parse_vp9_config(hex("0100000000"
                                                                        "0a820202020000"))}));
}

TEST(Vp9Config, ProfilesSayDepthAndChroma) {
    struct Case {
        unsigned profile;
        bool twelve;
        unsigned space, x, y;
        std::uint8_t depth, chroma;
    };
    Case const cases[] = {
        {0, false, 2, 1, 1, 8, 1},  {1, false, 2, 0, 0, 8, 3}, {1, false, 2, 1, 0, 8, 2},
        {2, false, 5, 1, 1, 10, 1}, {2, true, 5, 1, 1, 12, 1}, {3, true, 5, 0, 0, 12, 3},
        {1, false, 7, 0, 0, 8, 3},
    };
    for (auto const& c : cases) {
        BitWriter bits;
        bits.bits(2, 2).bits(c.profile & 1, 1).bits(c.profile >> 1, 1);
        if (c.profile == 3) bits.bits(0, 1);
        bits.bits(0, 1).bits(0, 1).bits(1, 1).bits(0, 1).bits(0x498342, 24);
        if (c.profile >= 2) bits.bits(c.twelve ? 1 : 0, 1);
        bits.bits(c.space, 3);
        if (c.space != 7) {
            bits.bits(1, 1);
            if (c.profile % 2 == 1) bits.bits(c.x, 1).bits(c.y, 1).bits(0, 1);
        } else {
            bits.bits(0, 1);
        }
        bits.bits(1919, 16).bits(1079, 16);
        auto const config = parse_vp9_keyframe(bits.bytes());
        ASSERT_TRUE(config) << c.profile << ": " << config.error().message;
        EXPECT_EQ(config->profile, c.profile);
        EXPECT_EQ(config->bit_depth, c.depth) << c.profile;
        EXPECT_EQ(config->chroma_subsampling, c.chroma) << c.profile;
        EXPECT_TRUE(config->full_range);
        EXPECT_EQ(config->width, 1920U);
        EXPECT_EQ(config->height, 1080U);
        EXPECT_EQ(vp9_level(*config), 40);
    }
    for (auto const* no_key : {"", "82", "8249834300", "8a498342", "42498342", "824983420009"}) {
        EXPECT_FALSE(parse_vp9_keyframe(hex(no_key))) << no_key;
    }
}

TEST(Ac3Frame, SaysItsFormatAndSize) {
    struct Case {
        char const* frame;
        AudioFormat format;
        std::size_t size;
    };
    Case const cases[] = {
        {kAc3Frame, {48000, 1}, 384},
        {"0b770000 1e 40 e100", {48000, 6}, 1792},  // 448 kbit/s, 3/2 and LFE
        {"0b770000 55 40 4000", {44100, 2}, 836},   // 192 kbit/s, the longer frame
        {"0b770000 54 40 4000", {44100, 2}, 834},
        {"0b770000 a4 40 4000", {32000, 2}, 3840},  // 640 kbit/s
    };
    for (auto const& c : cases) {
        auto const frame = parse_ac3_frame(hex(c.frame));
        ASSERT_TRUE(frame) << c.frame << ": " << frame.error().message;
        EXPECT_EQ((Track{frame->config}.audio_format()), c.format) << c.frame;
        EXPECT_EQ(frame->samples, 1536U);
        EXPECT_EQ(frame->size, c.size) << c.frame;
        EXPECT_EQ(parse_dac3(frame->config.specific), frame->config) << c.frame;
    }
    for (auto const* wrong : {"", "0b77480d0c40", "0b78480d0c402f84", "0b770000c0402f84",
                              "0b77000026 402f84", "0b770000 0c 882f84"}) {
        EXPECT_FALSE(parse_ac3_frame(hex(wrong))) << wrong;
    }
}

TEST(Eac3Frame, SaysItsFormatAndSize) {
    auto const frame = parse_eac3_frame(hex(kEac3Frame));
    ASSERT_TRUE(frame) << frame.error().message;
    EXPECT_EQ(frame->config.sample_rate, 48000U);
    EXPECT_EQ(frame->config.channel_count, 1);
    EXPECT_EQ(frame->size, 384U);
    EXPECT_EQ(frame->samples, 1536U);
    EXPECT_FALSE(frame->dependent);
    EXPECT_EQ(parse_dec3(frame->config.specific), frame->config);
    auto const dependent = parse_eac3_frame(hex("0b7740bf3287c000"));
    ASSERT_TRUE(dependent);
    EXPECT_TRUE(dependent->dependent);
    auto const short_frame = parse_eac3_frame(hex("0b7700bf0287c000"));
    ASSERT_TRUE(short_frame);
    EXPECT_EQ(short_frame->samples, 256U);
    for (auto const* wrong : {"", "0b7700bf", "0b7800bf3287c000", "0b77c0bf3287c000",
                              "0b7700bf3227c000", "0b7700bff287c000"}) {
        EXPECT_FALSE(parse_eac3_frame(hex(wrong))) << wrong;
    }
}

TEST(DolbyTrack, LearnsFromItsFirstFrameAndKeepsIt) {
    Track track{Ac3Config{48000, 6, {}}};  // as a description says
    auto const described = track;
    EXPECT_TRUE(learn_configuration(track, hex(kAc3Frame)));
    EXPECT_TRUE(is_described_alike(described, track)) << "readers need not ask again";
    EXPECT_FALSE(learn_configuration(track, hex(kAc3Frame)));
    EXPECT_FALSE(adopt_configuration(track, Track{Ac3Config{}})) << "an empty header";
    EXPECT_FALSE(is_described_alike(Track{Ac3Config{44100, 2, {}}}, track));
    Track eac3{Eac3Config{}};
    EXPECT_TRUE(learn_configuration(eac3, hex(kEac3Frame)));
    // Another bit rate is no other configuration.
    EXPECT_FALSE(learn_configuration(eac3, hex("0b77007f3287c000")));
}

TEST(FlacConfig, IsReadInAllForms) {
    auto const sample = test::flac_mono_48000();
    auto const info = to_hex(sample.stream_info);
    for (auto const& form : {info, "00000022" + info, "80000022" + info,
                             "664c6143"
                             "00000022" +
                                 info}) {
        EXPECT_EQ(parse_flac_config(hex(form)), sample) << form;
    }
    EXPECT_FALSE(parse_flac_config(hex(info.substr(2))));
    EXPECT_FALSE(parse_flac_config(base::Bytes(34))) << "no sample rate";
    // A block that begins as the header of one does.
    auto const twice = hex("00000022" + info.substr(8));
    EXPECT_EQ(parse_flac_config(twice)->stream_info, twice);
    EXPECT_FALSE(parse_flac_config({}));
}

TEST(CodecsParameter, NamesEachCodec) {
    struct Case {
        Track track;
        char const* text;
    };
    Case const cases[] = {
        {{test::h264_720p()}, "avc1.64001f"},
        {{test::h265_1080p()}, "hvc1.1.6.L120.90"},
        {{test::av1_160x120()}, "av01.0.00M.08.0.110.01.01.01.0"},
        {{test::vp9_160x120()}, "vp09.00.10.08"},
        {{test::aac_stereo_44100()}, "mp4a.40.2"},
        {{OpusConfig{}}, "opus"},
        {{Mp3Config{}}, "mp4a.6B"},
        {{Mp3Config{22050, 1}}, "mp4a.69"},
        {{Ac3Config{48000, 2, {}}}, "ac-3"},
        {{Eac3Config{48000, 2, {}}}, "ec-3"},
        {{test::flac_mono_48000()}, "flac"},
        {{PcmaConfig{}}, ""},
        {{H264Config{}}, ""},
        {{Av1Config{}}, ""},
    };
    for (auto const& c : cases) EXPECT_EQ(codecs_parameter(c.track), c.text) << c.track.label();
}

TEST(Track, LabelsClocksAndFormats) {
    struct Case {
        Track track;
        char const* label;
        std::uint32_t clock;
        AudioFormat format;
    };
    Case const cases[] = {
        {{Av1Config{}}, "AV1", 90000, {}},
        {{Vp9Config{}}, "VP9", 90000, {}},
        {{Ac3Config{44100, 6, {}}}, "AC3", 44100, {44100, 6}},
        {{Eac3Config{48000, 2, {}}}, "E-AC-3", 48000, {48000, 2}},
        {{test::flac_mono_48000()}, "FLAC", 48000, {48000, 1}},
        {{PcmaConfig{}}, "G711", 8000, {8000, 1}},
        {{PcmuConfig{16000, 2}}, "G711", 16000, {16000, 2}},
        {{Mp3Config{44100, 2}}, "MPEG-1/2 Audio", 90000, {44100, 2}},
        {{OpusConfig{1}}, "Opus", 48000, {48000, 1}},
    };
    for (auto const& c : cases) {
        EXPECT_EQ(c.track.label(), c.label);
        EXPECT_EQ(c.track.clock_rate(), c.clock) << c.label;
        EXPECT_EQ(c.track.audio_format(), c.format) << c.label;
    }
}

}  // namespace
}  // namespace tidegate::media
