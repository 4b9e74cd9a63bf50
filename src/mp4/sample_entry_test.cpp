#include "mp4/sample_entry.hpp"

#include <gtest/gtest.h>

#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::box;
using test::full_box;
using test::hex;
using test::to_hex;
using test::u32;

std::string written(media::Track track, std::uint32_t id = 1) {
    BoxWriter out;
    write_sample_entry(out, {.id = id, .track = std::move(track)});
    return to_hex(std::move(out).finish().view());
}

struct Golden {
    char const* name;
    media::Track track;
    char const* bytes;
};

// Equal to MediaMTX's but for hvcC and dOps.
std::vector<Golden> goldens() {
    return {
        {"H.264",
         {media::test::h264_main_360p()},
         "0000009a 61766331 000000000000 0001 00000000000000000000000000000000"
         "0280 0168 00480000 00480000 00000000 0001"
         "0000000000000000000000000000000000000000000000000000000000000000 0018 ffff"
         "00000030 61766343 01 4d401e ff e1 0018 674d401eeca05017fcb808800000030080000019078b16cb"
         "01 0005 68ebe3cb20"
         "00000014 62747274 00000000 000f4240 000f4240"},
        {"H.265",
         {media::test::h265_1080p()},
         "000000e1 68766331 000000000000 0001 00000000000000000000000000000000"
         "0780 0438 00480000 00480000 00000000 0001"
         "0000000000000000000000000000000000000000000000000000000000000000 0018 ffff"
         "00000077 68766343 01 01 60000000 900000000000 78 f000 fc fd f8 f8 0000 0f 03"
         "a0 0001 0018 40010c01ffff016000000300900000030000030078959809"
         "a1 0001 002a"
         "420101016000000300900000030000030078a003c08010e596566924caf016808000000300800000 0f04"
         "a2 0001 0007 4401c172b46240"
         "00000014 62747274 00000000 000f4240 000f4240"},
        {"AAC",
         {media::test::aac_stereo_44100()},
         "0000006b 6d703461 000000000000 0001 0000000000000000 0002 0010 0000 0000 ac440000"
         "00000033 65736473 00000000 03 80808022 0001 00 04 80808014 40 15 000000 0001f739 0001f739"
         "05 80808002 1210 06 80808001 02"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"MP3",
         {media::Mp3Config{44100, 2}},
         "00000064 6d703461 000000000000 0001 0000000000000000 0002 0010 0000 0000 ac440000"
         "0000002c 65736473 00000000 03 8080801b 0001 00 04 8080800d 6b 15 000000 0001f739 0001f739"
         "06 80808001 02"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"MP3 of MPEG-2",
         {media::Mp3Config{22050, 1}},
         "00000064 6d703461 000000000000 0001 0000000000000000 0001 0010 0000 0000 56220000"
         "0000002c 65736473 00000000 03 8080801b 0001 00 04 8080800d 69 15 000000 0001f739 0001f739"
         "06 80808001 02"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"Opus",
         {media::OpusConfig{2}},
         "0000004b 4f707573 000000000000 0001 0000000000000000 0002 0010 0000 0000 bb800000"
         "00000013 644f7073 00 02 0000 0000bb80 0000 00"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"Opus, three channels",
         {media::OpusConfig{3}},
         "00000050 4f707573 000000000000 0001 0000000000000000 0003 0010 0000 0000 bb800000"
         "00000018 644f7073 00 03 0000 0000bb80 0000 ff 03 00 000102"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"AV1",
         {media::test::av1_160x120()},
         "00000083 61763031 000000000000 0001 00000000000000000000000000000000"
         "00a0 0078 00480000 00480000 00000000 0001"
         "0000000000000000000000000000000000000000000000000000000000000000 0018 ffff"
         "00000019 61763143 81000c00 0a0b020000051da7fb805f0008"
         "00000014 62747274 00000000 000f4240 000f4240"},
        {"VP9",
         {media::test::vp9_160x120()},
         "0000007e 76703039 000000000000 0001 00000000000000000000000000000000"
         "00a0 0078 00480000 00480000 00000000 0001"
         "0000000000000000000000000000000000000000000000000000000000000000 0018 ffff"
         "00000014 76706343 01000000 00 0a 82 02 02 02 0000"
         "00000014 62747274 00000000 000f4240 000f4240"},
        {"AC-3",
         {media::Ac3Config{48000, 1, hex("1008c0")}},
         "00000043 61632d33 000000000000 0001 0000000000000000 0001 0010 0000 0000 bb800000"
         "0000000b 64616333 1008c0"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"E-AC-3",
         {media::Eac3Config{48000, 1, hex("0300200200")}},
         "00000045 65632d33 000000000000 0001 0000000000000000 0001 0010 0000 0000 bb800000"
         "0000000d 64656333 0300200200"
         "00000014 62747274 00000000 0001f739 0001f739"},
        {"FLAC",
         {media::test::flac_mono_48000()},
         "0000006a 664c6143 000000000000 0001 0000000000000000 0001 0010 0000 0000 bb800000"
         "00000032 64664c61 00000000 80000022"
         "04800480000000000000 0bb800f000000000 00000000000000000000000000000000"
         "00000014 62747274 00000000 0001f739 0001f739"},
    };
}

TEST(SampleEntry, HasTheseBytes) {
    for (auto const& golden : goldens()) {
        EXPECT_EQ(written(golden.track), to_hex(hex(golden.bytes))) << golden.name;
    }
}

TEST(SampleEntry, IsReadBack) {
    for (auto const& golden : goldens()) {
        auto const bytes = hex(golden.bytes);
        auto const read = read_sample_entry(*BoxReader(bytes).next());
        ASSERT_TRUE(read) << golden.name << ": " << read.error().message;
        EXPECT_EQ(read->track, golden.track) << golden.name;
        EXPECT_EQ(read->length_size, 4) << golden.name;
    }
}

// Of ffmpeg 9. Of the entries of FLAC and VP9 it writes the same bytes as we do, but for the rates.
TEST(SampleEntry, OfFfmpegIsReadAsItIsMeant) {
    Golden const cases[] = {
        {"AV1 with a shape of its pixels",
         {media::test::av1_160x120()},
         "00000093 61763031 000000000000 0001 00000000000000000000000000000000"
         "00a0 0078 00480000 00480000 00000000 0001"
         "0000000000000000000000000000000000000000000000000000000000000000 0018 ffff"
         "00000019 61763143 81000c00 0a0b020000051da7fb805f0008"
         "00000010 70617370 00000001 00000001 00000014 62747274 00000000 000252f7 000252f7"},
        {"E-AC-3",
         {media::Eac3Config{48000, 1, hex("0300200200")}},
         "00000045 65632d33 000000000000 0001 0000000000000000 0001 0010 0000 0000 bb800000"
         "0000000d 64656333 0300200200 00000014 62747274 00000000 0001831a 0001831a"},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        auto const read = read_sample_entry(*BoxReader(bytes).next());
        ASSERT_TRUE(read) << c.name << ": " << read.error().message;
        EXPECT_EQ(read->track, c.track) << c.name;
    }
}

TEST(SampleEntry, WhatIsMissingIsSaid) {
    struct Case {
        media::Track track;
        char const* error;
    };
    Case const cases[] = {
        {{media::Av1Config{}}, "AV1 track has had no key frame yet"},
        {{media::Vp9Config{}}, "VP9 track has had no key frame yet"},
        {{media::Ac3Config{48000, 2, {}}}, "AC3 track has had no frame yet"},
        {{media::Eac3Config{48000, 2, {}}}, "E-AC-3 track has had no frame yet"},
        {{media::PcmaConfig{}}, "G711 is not supported in MP4"},
        {{media::H264Config{}}, "H264 track has no parameter sets"},
    };
    for (auto const& c : cases) {
        auto const checked = check_writable(c.track);
        ASSERT_FALSE(checked) << c.error;
        EXPECT_EQ(checked.error().message, c.error);
    }
}

TEST(SampleEntry, CutAnywhereIsNeverReadAsWhole) {
    for (auto const& golden : goldens()) {
        auto const bytes = hex(golden.bytes);
        auto const whole = *BoxReader(bytes).next();
        // What follows the codec's own box does not matter.
        auto const needed = whole.payload.size() - 20;
        for (std::size_t size = 0; size < whole.payload.size(); ++size) {
            base::Bytes const cut(whole.payload.begin(),
                                  whole.payload.begin() + static_cast<std::ptrdiff_t>(size));
            EXPECT_EQ(read_sample_entry({whole.type, cut}).has_value(), size >= needed)
                << golden.name << " " << size;
        }
    }
}

TEST(SampleEntry, ARateAbove16BitsStandsInTheConfigurationAlone) {
    media::AacConfig const config{hex("1010"), 96000, 2};
    auto const bytes = written({config});
    EXPECT_NE(bytes.find(to_hex(hex("0002 0010 0000 0000 00000000"))), std::string::npos);
    auto const read = read_sample_entry(*BoxReader(hex(bytes)).next());
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<media::AacConfig>(read->track.config), config);
}

TEST(SampleEntry, TheBitratesAreSaidWhereTheyAreKnown) {
    BoxWriter out;
    write_sample_entry(out, {.id = 7,
                             .track = {media::test::aac_stereo_44100()},
                             .average_bitrate = 0x11,
                             .max_bitrate = 0x22});
    auto const bytes = to_hex(std::move(out).finish().view());
    EXPECT_NE(bytes.find("62747274000000000000002200000011"), std::string::npos);
    EXPECT_NE(bytes.find("03808080220007000480808014401500000000000022"
                         "00000011"),
              std::string::npos);
}

base::Bytes audio_fields(char const* version) {
    return test::joined_bytes(
        {hex("000000000000 0001"), hex(version), hex("000000000000 0002 0010 0000 0000 ac440000")});
}

base::Bytes const kEsds =
    hex("00000033 65736473 00000000 03 80808022 0001 00 04 80808014 40 15 000000 0001f739 0001f739"
        "05 80808002 1210 06 80808001 02");

std::expected<SampleEntry, media::Error> read(base::Bytes const& entry) {
    return read_sample_entry(*BoxReader(entry).next());
}

TEST(SampleEntry, QuickTimesFormsOfAacAreRead) {
    auto const wave = box("wave", {box("frma", {hex("6d703461")}), box("mp4a", {u32(0)}), kEsds,
                                   hex("00000008 00000000")});
    base::Bytes const version1(16, 1), version2(36, 2);
    struct Case {
        char const* name;
        base::Bytes entry;
    };
    Case const cases[] = {
        {"version 0", box("mp4a", {audio_fields("0000"), kEsds})},
        {"version 1, wave", box("mp4a", {audio_fields("0001"), version1, wave})},
        {"version 1, nothing said", box("mp4a", {audio_fields("0001"), base::Bytes(16, 0), wave})},
        {"version 1 of the ISO", box("mp4a", {audio_fields("0001"), kEsds})},
        {"version 2", box("mp4a", {audio_fields("0002"), version2, kEsds})},
        {"MPEG-2 AAC", box("mp4a", {audio_fields("0000"),
                                    [] {
                                        auto esds = kEsds;
                                        esds[25] = 0x67;
                                        return esds;
                                    }()})},
        {"short sizes of descriptors",
         box("mp4a", {audio_fields("0000"),
                      full_box("esds", 0,
                               {hex("0319 0001 00 0411 40 15 000000 0001f739 0001f739 0502 1210"),
                                hex("0601 02")})})},
        {"descriptor with all options",
         box("mp4a", {audio_fields("0000"),
                      full_box("esds", 0,
                               {hex("0320 0001 e0 0002 02 4142 0003"),
                                hex("0411 40 15 000000 0001f739 0001f739 0502 1210 0601 02")})})},
    };
    for (auto const& c : cases) {
        auto const entry = read(c.entry);
        ASSERT_TRUE(entry) << c.name << ": " << entry.error().message;
        EXPECT_EQ(entry->track.config, media::CodecConfig(media::test::aac_stereo_44100()))
            << c.name;
    }
    auto const mp3 = read(box(".mp3", {audio_fields("0001"), version1}));
    ASSERT_TRUE(mp3);
    EXPECT_EQ(mp3->track.config, media::CodecConfig(media::Mp3Config{44100, 2}));
}

TEST(SampleEntry, WhatCannotBeReadIsRefusedWithAReason) {
    struct Case {
        base::Bytes entry;
        char const* reason;
    };
    auto const object = [](std::uint8_t type) {
        auto esds = kEsds;
        esds[25] = type;
        return box("mp4a", {audio_fields("0000"), esds});
    };
    Case const cases[] = {
        {box("encv", {base::Bytes(78, 0)}), "encv is not supported"},
        {box("avc1", {base::Bytes(78, 0)}), "invalid AVC configuration: too short"},
        {box("hvc1", {base::Bytes(78, 0)}), "invalid HEVC configuration: too short"},
        {box("mp4a", {}), "invalid mp4a box"},
        {box("mp4a", {audio_fields("0000")}), "invalid esds box"},
        {object(0xa5), "mp4a of object type 165 is not supported"},
        {box("Opus", {audio_fields("0000")}), "invalid dOps box"},
        {box("Opus", {audio_fields("0000"), box("dOps", {hex("01020000000000000000 00")})}),
         "invalid dOps box"},
    };
    for (auto const& c : cases) {
        auto const entry = read(c.entry);
        ASSERT_FALSE(entry) << c.reason;
        EXPECT_EQ(entry.error().message, c.reason);
    }
}

TEST(TrackSetup, ATrackThatNoDecoderCouldPlayIsRefused) {
    struct Case {
        media::Track track;
        char const* reason;
    };
    Case const cases[] = {
        {{media::H264Config{}}, "H264 track has no parameter sets"},
        {{media::H264Config{hex("67640000"), hex("68ebe3cb22c0")}},
         "H264 track has an invalid SPS"},
        {{media::AacConfig{}}, "MPEG-4 Audio track has no sample rate"},
    };
    for (auto const& c : cases) {
        auto const fine = check_writable(c.track);
        ASSERT_FALSE(fine) << c.reason;
        EXPECT_EQ(fine.error().message, c.reason);
    }
    EXPECT_FALSE(check_writable(std::span<TrackSetup const>{}));
    for (auto const& golden : goldens()) EXPECT_TRUE(check_writable(golden.track)) << golden.name;
    EXPECT_EQ(timescale({media::Mp3Config{22050, 1}}), 22050U);
    EXPECT_EQ(timescale({media::OpusConfig{}}), 48000U);
    EXPECT_EQ(timescale({media::H264Config{}}), 90000U);
}

}  // namespace
}  // namespace tidegate::mp4
