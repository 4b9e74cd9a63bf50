#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "media/mp3.hpp"
#include "media/opus.hpp"
#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using namespace std::chrono_literals;
using test::BitWriter;
using test::hex;

TEST(AudioSpecificConfig, TellsRateAndChannels) {
    struct Case {
        char const* name;
        char const* bytes;
        std::uint32_t rate;
        unsigned channels;
    };
    Case const cases[] = {
        {"LC 44100 stereo", "1210", 44100, 2},
        {"LC 48000 mono", "1188", 48000, 1},
        {"LC 48000, configuration 7", "11b8", 48000, 8},
        {"LC 44100 explicit", "1780562210", 44100, 2},
        {"hierarchical SBR, 24000 to 48000", "2b118800", 48000, 2},
        {"hierarchical PS, mono to stereo", "eb098800", 48000, 2},
        {"backward compatible SBR", "131056e598", 48000, 2},
        {"backward compatible SBR and PS", "130856e59d4880", 48000, 2},
        {"backward compatible, SBR flag off", "131056e500", 24000, 2},
        {"another extension is not ours", "1310abcdef", 24000, 2},
        {"escaped object type 34", "f84840", 44100, 2},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        auto const config = parse_audio_specific_config(bytes);
        ASSERT_TRUE(config) << c.name << ": " << config.error().message;
        EXPECT_EQ(config->sample_rate, c.rate) << c.name;
        EXPECT_EQ(config->channel_count, c.channels) << c.name;
        EXPECT_EQ(config->audio_specific_config, bytes) << c.name;
    }
}

// AAC-LC at 48 kHz, channel configuration 0, and a program config element with these lists.
BitWriter program_config(unsigned front_pairs, unsigned side_single, unsigned lfe,
                         unsigned comment) {
    BitWriter writer;
    writer.bits(2, 5).bits(3, 4).bits(0, 4).bits(0, 3);
    writer.bits(0, 4).bits(1, 2).bits(3, 4);
    writer.bits(front_pairs, 4).bits(side_single, 4).bits(0, 4).bits(lfe, 2).bits(1, 3).bits(1, 4);
    writer.bits(1, 1).bits(0, 4).bits(0, 1).bits(1, 1).bits(0, 3);
    for (unsigned i = 0; i < front_pairs; ++i) writer.bits(1, 1).bits(i, 4);
    for (unsigned i = 0; i < side_single; ++i) writer.bits(0, 1).bits(i, 4);
    for (unsigned i = 0; i < lfe; ++i) writer.bits(i, 4);
    writer.bits(0, 4).bits(0, 5).align().bits(comment, 8);
    for (unsigned i = 0; i < comment; ++i) writer.bits('x', 8);
    return writer;
}

TEST(AudioSpecificConfig, CountsTheChannelsOfAProgramConfigElement) {
    EXPECT_EQ(parse_audio_specific_config(program_config(1, 0, 0, 0).bytes())->channel_count, 2);
    EXPECT_EQ(parse_audio_specific_config(program_config(2, 1, 1, 9).bytes())->channel_count, 6);
    EXPECT_EQ(parse_audio_specific_config(program_config(0, 0, 0, 0).bytes()).error().message,
              "invalid AAC configuration: invalid channel configuration");
    auto const whole = program_config(2, 1, 1, 200).bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_audio_specific_config(base::ByteView(whole).first(size))) << size;
    }
}

TEST(AudioSpecificConfig, WrongOnesAreRefusedWithAReason) {
    struct Case {
        char const* bytes;
        char const* error;
    };
    Case const cases[] = {
        {"", "too short"},
        {"12", "too short"},
        {"1690", "invalid sample rate"},  // index 13
        {"1710", "invalid sample rate"},  // index 14
        {"1780000010", "invalid sample rate"},
        {"17ffffff90", "invalid sample rate"},
        {"12", "too short"},
        {"1248", "invalid channel configuration"},  // 9
        {"0210", "no object type"},
        {"2f80", "too short"},
    };
    for (auto const& c : cases) {
        auto const config = parse_audio_specific_config(hex(c.bytes));
        ASSERT_FALSE(config) << c.bytes;
        EXPECT_EQ(config.error().message, std::string("invalid AAC configuration: ") + c.error)
            << c.bytes;
    }
    EXPECT_FALSE(parse_audio_specific_config(base::Bytes(kMaxAudioSpecificConfigSize + 1, 0x12)));
}

TEST(AudioSpecificConfig, WhatIsMadeIsReadBack) {
    for (auto const rate : {96000U, 48000U, 44100U, 8000U, 7350U, 12345U, 192000U}) {
        for (std::uint8_t channels = 1; channels <= 8; ++channels) {
            auto const config = make_aac_lc_config(rate, channels);
            ASSERT_EQ(config.has_value(), channels != 7);
            if (config) {
                EXPECT_EQ(parse_audio_specific_config(config->audio_specific_config), config);
            }
        }
    }
    EXPECT_EQ(make_aac_lc_config(44100, 2), test::aac_stereo_44100());
    EXPECT_FALSE(make_aac_lc_config(0, 2));
    EXPECT_FALSE(make_aac_lc_config(kMaxAudioSampleRate + 1, 2));
    EXPECT_FALSE(make_aac_lc_config(48000, 0));
    EXPECT_FALSE(make_aac_lc_config(48000, 9));
}

TEST(OpusHead, WhatIsWrittenIsReadBack) {
    EXPECT_EQ(write_opus_head({2}), hex("4f70757348656164 01 02 0000 80bb0000 0000 00"));
    for (auto const channels : hex("010206ff")) {
        EXPECT_EQ(parse_opus_head(write_opus_head({channels})), OpusConfig{channels});
    }
}

TEST(OpusHead, WrongOnesAreRefused) {
    auto const good = write_opus_head({2});
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(parse_opus_head(base::ByteView(good).first(size)).error().message,
                  "invalid OpusHead: too short");
    }
    struct Case {
        std::size_t at;
        std::uint8_t value;
        char const* error;
    };
    Case const cases[] = {{0, 'o', "invalid OpusHead: wrong signature"},
                          {8, 16, "invalid OpusHead: version 16"},
                          {9, 0, "invalid OpusHead: no channels"},
                          {9, 3, "invalid OpusHead: too many channels"}};
    for (auto const& c : cases) {
        auto bad = good;
        bad[c.at] = c.value;
        EXPECT_EQ(parse_opus_head(bad).error().message, c.error);
    }
}

TEST(OpusPacket, DurationIsInItsFirstBytes) {
    struct Case {
        char const* packet;
        std::chrono::microseconds duration;
    };
    Case const cases[] = {
        {"00", 10ms},    {"08", 20ms},    {"18", 60ms},    {"60", 10ms},     {"68", 20ms},
        {"80", 2500us},  {"f8", 20ms},    {"f9", 40ms},    {"fa", 40ms},     {"fb06", 120ms},
        {"fb86", 120ms}, {"8330", 120ms}, {"1b02", 120ms}, {"90ffff", 10ms},
    };
    for (auto const& c : cases)
        EXPECT_EQ(opus_packet_duration(hex(c.packet)), c.duration) << c.packet;
}

TEST(OpusPacket, ImpossibleOnesAreRefused) {
    for (auto const* packet : {"", "fb", "fb00", "fb07", "833f", "1b03"}) {
        EXPECT_FALSE(opus_packet_duration(hex(packet))) << packet;
    }
}

TEST(Mp3Frame, TellsSizeAndDuration) {
    struct Case {
        char const* header;
        std::uint32_t rate;
        unsigned channels;
        std::size_t size;
        std::uint32_t samples;
    };
    Case const cases[] = {
        {"fffb9064", 44100, 2, 417, 1152},  // MPEG-1 III 128k
        {"fffb9264", 44100, 2, 418, 1152},  // padded
        {"fffbb4c4", 48000, 1, 576, 1152},  // 192k mono
        {"fff39464", 24000, 2, 240, 576},   // MPEG-2 III 80k
        {"ffe38864", 8000, 2, 576, 576},    // MPEG-2.5 III 64k
        {"fffda404", 48000, 2, 576, 1152},  // MPEG-1 II 192k
        {"ffffa404", 48000, 2, 320, 384},   // MPEG-1 I 320k
        {"fff58404", 24000, 2, 384, 1152},  // MPEG-2 II 64k
    };
    for (auto const& c : cases) {
        auto const frame = parse_mp3_frame(hex(c.header));
        ASSERT_TRUE(frame) << c.header << ": " << frame.error().message;
        EXPECT_EQ(frame->config.sample_rate, c.rate) << c.header;
        EXPECT_EQ(frame->config.channel_count, c.channels) << c.header;
        EXPECT_EQ(frame->size, c.size) << c.header;
        EXPECT_EQ(frame->samples, c.samples) << c.header;
        EXPECT_EQ(frame->duration, base::from_ticks(c.samples, c.rate)) << c.header;
    }
}

TEST(Mp3Frame, WrongOnesAreRefusedWithAReason) {
    struct Case {
        char const* header;
        char const* error;
    };
    Case const cases[] = {
        {"fffb90", "invalid MPEG audio frame: too short"},
        {"7ffb9064", "invalid MPEG audio frame: no sync word"},
        {"49443303", "invalid MPEG audio frame: no sync word"},  // an ID3 tag
        {"ffeb9064", "invalid MPEG audio frame: reserved value"},
        {"fff99064", "invalid MPEG audio frame: reserved value"},
        {"fffb9c64", "invalid MPEG audio frame: reserved value"},
        {"fffbf064", "invalid MPEG audio frame: reserved value"},
        {"fffb0064", "invalid MPEG audio frame: free format"},
    };
    for (auto const& c : cases) {
        auto const frame = parse_mp3_frame(hex(c.header));
        ASSERT_FALSE(frame) << c.header;
        EXPECT_EQ(frame.error().message, c.error) << c.header;
    }
}

TEST(AacUnit, HoldsTwiceTheSamplesWithSbr) {
    struct Case {
        char const* name;
        char const* config;
        std::uint32_t samples;
    };
    Case const cases[] = {
        {"AAC-LC 44100", "1210", 1024},
        {"AAC-LC 48000", "1190", 1024},
        {"HE-AAC 44100, hierarchical", "2b920800", 2048},
        {"HE-AAC 48000, at the end", "131056e598", 2048},
        {"HE-AACv2 44100", "eb8a0800", 2048},
    };
    for (auto const& c : cases) {
        auto const config = parse_audio_specific_config(hex(c.config));
        ASSERT_TRUE(config) << c.name << ": " << config.error().message;
        EXPECT_EQ(aac_samples_per_unit(*config), c.samples) << c.name << config->sample_rate;
    }
    EXPECT_EQ(aac_samples_per_unit({.audio_specific_config = {}, .sample_rate = 44100}), 1024U);
}

TEST(Adts, AFrameIsFoundOnlyWhereAWholeOneIs) {
    struct Case {
        char const* name;
        char const* bytes;
        std::optional<std::string> unit;
        std::size_t size;
    };
    // 44.1 kHz stereo as FFmpeg writes it: 7 bytes, or 9 with a checksum.
    Case const cases[] = {
        {"no checksum", "fff15080017ffc 21100400", "21100400", 11},
        {"checksum", "fff0508001bffc abcd 21100400", "21100400", 13},
        {"MPEG-2", "fff95080017ffc 21100400", "21100400", 11},
        {"another one behind it", "fff15080017ffc 21100400 fff15080", "21100400", 11},
        {"cut", "fff15080017ffc 211004", std::nullopt, 0},
        {"header alone", "fff1508000fffc", std::nullopt, 0},
        {"header is cut", "fff15080017f", std::nullopt, 0},
        {"a bare unit", "2110040000000000000000", std::nullopt, 0},
        {"MP3", "fffb9064000000000000", std::nullopt, 0},
        {"nothing", "", std::nullopt, 0},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        auto const frame = parse_adts_frame(bytes);
        ASSERT_EQ(frame.has_value(), c.unit.has_value()) << c.name;
        if (!frame) continue;
        EXPECT_EQ(base::Bytes(frame->unit.begin(), frame->unit.end()), hex(*c.unit)) << c.name;
        EXPECT_EQ(frame->size, c.size) << c.name;
    }
}

}  // namespace
}  // namespace tidegate::media
