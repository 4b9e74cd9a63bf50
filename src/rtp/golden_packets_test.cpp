// Packets as they stand on the wire, read and written. Those of FFmpeg 5.1 and of GStreamer 1.22
// were captured (small pictures, so that they can be shown whole); the malformed ones are made by
// hand.
#include <gtest/gtest.h>

#include "media/avcc.hpp"
#include "media/test_samples.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/packet.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/test_units.hpp"

namespace tidegate::rtp {
namespace {

using media::test::hex;
using media::test::to_hex;

TEST(GoldenHeader, IsReadFieldByField) {
    struct Case {
        char const* name;
        char const* bytes;
        unsigned type;
        bool marker;
        unsigned sequence;
        std::uint32_t timestamp, ssrc;
        char const* payload;
    };
    Case const cases[] = {
        {"FFmpeg, H.265", "80e0046c13bb6feb112c591d 0201e04495608640c7a0", 96, true, 0x046c,
         0x13bb6feb, 0x112c591d, "0201e04495608640c7a0"},
        {"GStreamer, AUD", "80606706edd4717d1c46b6fd 0910", 96, false, 0x6706, 0xedd4717d,
         0x1c46b6fd, "0910"},
        {"FFmpeg, MP3", "800e0a28bb86bc7c916a376a 00000000fffb10c4", 14, false, 0x0a28, 0xbb86bc7c,
         0x916a376a, "00000000fffb10c4"},
        {"no payload", "80600001 00000002 00000003", 96, false, 1, 2, 3, ""},
        {"two CSRCs", "82ff0001 00000002 00000003 aaaaaaaa bbbbbbbb cc", 127, true, 1, 2, 3, "cc"},
        {"15 CSRCs and no more",
         "8f600001 00000002 00000003 "
         "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
         "000000000000000000000000000000000000",
         96, false, 1, 2, 3, ""},
        {"an extension of one word (ONVIF replay)",
         "90600001 00000002 00000003 abac0001 11223344 dd", 96, false, 1, 2, 3, "dd"},
        {"an empty extension", "90600001 00000002 00000003 bede0000 ee", 96, false, 1, 2, 3, "ee"},
        {"CSRC, extension and padding",
         "b1600001 00000002 00000003 aaaaaaaa bede0001 11223344 ff000003", 96, false, 1, 2, 3,
         "ff"},
        {"padding alone", "a0600001 00000002 00000003 00000003", 96, false, 1, 2, 3, "00"},
        {"padding of everything", "a0600001 00000002 00000003 00000004", 96, false, 1, 2, 3, ""},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        auto const packet = parse_packet(bytes);
        ASSERT_TRUE(packet) << c.name << ": " << describe(packet.error());
        EXPECT_EQ(packet->payload_type, c.type) << c.name;
        EXPECT_EQ(packet->marker, c.marker) << c.name;
        EXPECT_EQ(packet->sequence, c.sequence) << c.name;
        EXPECT_EQ(packet->timestamp, c.timestamp) << c.name;
        EXPECT_EQ(packet->ssrc, c.ssrc) << c.name;
        EXPECT_EQ(to_hex(packet->payload), to_hex(hex(c.payload))) << c.name;
    }
}

TEST(GoldenHeader, IsRefusedWhenItsFieldsDoNotFit) {
    struct Case {
        char const* name;
        char const* bytes;
        Error error;
    };
    Case const cases[] = {
        {"nothing", "", Error::truncated},
        {"cut in the SSRC", "80600001 00000002 000000", Error::truncated},
        {"version 0", "00600001 00000002 00000003 aa", Error::bad_version},
        {"version 1", "40600001 00000002 00000003 aa", Error::bad_version},
        {"version 3", "c0600001 00000002 00000003 aa", Error::bad_version},
        {"15 CSRCs that are not there", "8f600001 00000002 00000003 aaaaaaaa", Error::truncated},
        {"an extension without its length", "90600001 00000002 00000003 bede", Error::truncated},
        {"an extension that is longer", "90600001 00000002 00000003 bede0002 11223344",
         Error::truncated},
        {"the longest extension", "90600001 00000002 00000003 bedeffff 11223344", Error::truncated},
        {"padding of 0", "a0600001 00000002 00000003 aa00", Error::bad_padding},
        {"more padding than payload", "a0600001 00000002 00000003 aa03", Error::bad_padding},
        {"padding without a byte", "a0600001 00000002 00000003", Error::bad_padding},
    };
    for (auto const& c : cases) {
        auto const bytes = hex(c.bytes);
        auto const packet = parse_packet(bytes);
        ASSERT_FALSE(packet) << c.name;
        EXPECT_EQ(describe(packet.error()), describe(c.error)) << c.name;
    }
}

// The packets of a stream and what comes out: each unit as its hex, "K" in front when decoding can
// start there, "C" when the configuration has changed.
struct Stream {
    char const* name;
    media::Track track;
    DepacketizerSettings settings;
    std::vector<char const*> packets;
    std::vector<std::string> units;
    std::vector<char const*> sets = {};  // of the track afterwards
};

std::string summary(media::Unit const& unit) {
    return std::string(unit.new_config ? "C" : "") + (unit.keyframe ? "K" : "") + " " +
           to_hex(unit.payload.view());
}

std::vector<Stream> streams() {
    auto const mono = media::Track{media::AacConfig{{0x12, 0x08}, 44100, 1}};
    return {
        {"FFmpeg, H.264: sets in a STAP-A, an SEI in fragments, a slice",
         {media::H264Config{}},
         {},
         {"80600a97a69ef4b799990f0f 1800166742c00ada25b0110000030001000003000a0f1226a0000468ce0fc8",
          "80600a98a69ef4b799990f0f 1c8605ffff4ddc45e9",
          "80600a99a69ef4b799990f0f 1c06646961207375", "80600a9aa69ef4b799990f0f 1c46783d36390080",
          "80e00a9ba69ef4b799990f0f 658884010a0b"},
         {"CK 00000014"
          "0605ffff4ddc45e9646961207375783d36390080"
          "00000006658884010a0b"},
         {"6742c00ada25b0110000030001000003000a0f1226a0", "68ce0fc8"}},
        {"GStreamer, H.264: delimiter, sets and slices one by one",
         {media::H264Config{}},
         {},
         {"80606706edd4717d1c46b6fd 0910",
          "80606707edd4717d1c46b6fd 67f4000d90d96411ec05a8303032000003000200000300291e285490",
          "80606708edd4717d1c46b6fd 68ebcc448440", "80606709edd4717d1c46b6fd 6588",
          "80e0670aedd4717d1c46b6fd 658884021f", "8060670bedd494a51c46b6fd 0910",
          "80e0670cedd494a51c46b6fd 419a246c"},
         {"CK 000000026588"
          "00000005658884021f",
          " 00000004419a246c"},
         {"67f4000d90d96411ec05a8303032000003000200000300291e285490", "68ebcc448440"}},
        {"FFmpeg, H.265: sets and the first picture in one aggregation packet",
         {media::H265Config{}},
         {},
         {"80e0046a13bae34b112c591d "
          "6001001840010c01ffff01600000030090000003000003001e95940900294201"
          "0101600000030090000003000003001ea042085965654a4c2f01680800000300080000030028400006"
          "4401c073c089000a2801ac98016ffffa4e56",
          "80e0046b13bbfc8b112c591d 0201d02149884cc520",
          "80e0046c13bb6feb112c591d 0201e04495608640c7a0"},
         {"CK 0000000a2801ac98016ffffa4e56", " 000000090201d02149884cc520",
          " 0000000a0201e04495608640c7a0"},
         {"40010c01ffff01600000030090000003000003001e959409",
          "420101016000000300900000030000"
          "03001ea042085965654a4c2f0168080000030008000003002840",
          "4401c073c089"}},
        {"H.265 in fragments",
         {media::H265Config{}},
         {},
         {"80600001 00000000 00000001 6201 93 aabb", "80600002 00000000 00000001 6201 13 cc",
          "80e00003 00000000 00000001 6201 53 ddee"},
         {"K 000000072601aabbccddee"}},
        {"FFmpeg, AAC: one unit per packet",
         mono,
         {.payload_type = 97},
         {"80e1003e682e2625309cd0a3 0010 0040 de02004c61766335",
          "80e1003f682e2a25309cd0a3 0010 0028 01388cdac8"},
         {"K de02004c61766335", "K 01388cdac8"}},
        {"MediaMTX, AAC: three units in a packet",
         mono,
         {.payload_type = 97},
         {"80e104ed94b048a8f8f47eeb 0030 0010 0018 0008 aabb ccddee ff"},
         {"K aabb", "K ccddee", "K ff"}},
        {"FFmpeg, AAC in LATM",
         mono,
         {.payload_type = 97, .aac = {.latm = true}},
         {"80e10ce741badc55a2267cc3 05de02004c61", "80610ce841bae055a2267cc3 0401388c",
          "80e10ce941bae055a2267cc3 da"},
         {"K de02004c61", "K 01388cda"}},
        {"FFmpeg, MP3: frames of 104 bytes",
         {media::Mp3Config{}},
         {.payload_type = 14},
         {"800e0a28bb86bc7c916a376a 00000000 "
          "fffb10c400000474135554908030a609af371a20020001ad39400001593a"
          "3d505008060901f07c1f07ca02008061107c1fd4083b1387f883700493f6c060381c0e0000000000"
          "28892a99146408e9024816a3f78501f0131bf022942fa81a12fc240d2a0a00183000"},
         {"K fffb10c400000474135554908030a609af371a20020001ad39400001593a"
          "3d505008060901f07c1f07ca02008061107c1fd4083b1387f883700493f6c060381c0e0000000000"
          "28892a99146408e9024816a3f78501f0131bf022942fa81a12fc240d2a0a00183000"}},
        {"FFmpeg, Opus",
         {media::OpusConfig{}},
         {.payload_type = 97},
         {"80e1073c261ac84c77d7ad7d 0882e2344545589ab7e08943644a0830e3232010094ece",
          "80e1073d261acc0c77d7ad7d 08a340e8033c34a2"},
         {"K 0882e2344545589ab7e08943644a0830e3232010094ece", "K 08a340e8033c34a2"}},
    };
}

TEST(GoldenStreams, BecomeTheUnitsThatWereSent) {
    for (auto const& stream : streams()) {
        Depacketizer depacketizer(stream.track, stream.settings);
        std::vector<media::Unit> units;
        for (auto const* const text : stream.packets) {
            auto const fed = depacketizer.feed(hex(text), units);
            EXPECT_TRUE(fed) << stream.name << ": " << text;
        }
        std::vector<std::string> seen;
        for (auto const& unit : units) seen.push_back(summary(unit));
        EXPECT_EQ(seen, stream.units) << stream.name;
        std::vector<std::string> sets;
        if (auto const* const kept = depacketizer.track().parameter_sets()) {
            for (auto const& set : kept->all()) sets.push_back(to_hex(set.nalu));
        }
        EXPECT_EQ(sets, std::vector<std::string>(stream.sets.begin(), stream.sets.end()))
            << stream.name;
        EXPECT_EQ(depacketizer.units_dropped(), 0U) << stream.name;
        EXPECT_EQ(depacketizer.packets_lost(), 0U) << stream.name;
    }
}

// A byte changed anywhere, or the end cut off: never a crash, and the next stream is read as ever.
TEST(GoldenStreams, AreReadHoweverTheyAreDamaged) {
    for (auto const& stream : streams()) {
        for (std::size_t damaged = 0; damaged < stream.packets.size(); ++damaged) {
            auto const whole = hex(stream.packets[damaged]);
            for (std::size_t at = 0; at < whole.size(); ++at) {
                Depacketizer depacketizer(stream.track, stream.settings);
                std::vector<media::Unit> units;
                for (std::size_t i = 0; i < stream.packets.size(); ++i) {
                    auto packet = hex(stream.packets[i]);
                    if (i == damaged) packet[at] ^= 0xFF;
                    static_cast<void>(depacketizer.feed(packet, units));
                    if (i != damaged) continue;
                    packet.resize(at);
                    static_cast<void>(depacketizer.feed(packet, units));
                }
                for (auto const& unit : units) EXPECT_FALSE(unit.payload.empty()) << stream.name;
            }
        }
    }
}

// Payloads of one packet that are refused, and what the log says.
TEST(GoldenPayloads, AreRefusedWhenTheyAreMalformed) {
    struct Case {
        char const* name;
        media::Track track;
        bool latm;
        char const* payload;
        Error error;
    };
    media::Track const h264{media::H264Config{}};
    media::Track const h265{media::H265Config{}};
    media::Track const aac{media::AacConfig{{0x12, 0x08}, 44100, 1}};
    media::Track const mp3{media::Mp3Config{}};
    Case const cases[] = {
        {"H.264, empty", h264, false, "", Error::empty_payload},
        {"H.264, type 0", h264, false, "00aa", Error::unsupported_nalu},
        {"H.264, STAP-A without a unit", h264, false, "18", Error::bad_aggregate},
        {"H.264, STAP-A with a cut size", h264, false, "1800", Error::bad_aggregate},
        {"H.264, STAP-A with a size of 0", h264, false, "180000", Error::bad_aggregate},
        {"H.264, STAP-A with a size that lies", h264, false, "18000241", Error::bad_aggregate},
        {"H.264, STAP-B", h264, false, "19000000024100", Error::unsupported_nalu},
        {"H.264, MTAP16", h264, false, "1a00000002004100", Error::unsupported_nalu},
        {"H.264, FU-A without its header", h264, false, "7c", Error::truncated},
        {"H.264, FU-A from the middle", h264, false, "7c05aabb", Error::bad_fragment},
        {"H.264, FU-A from its end", h264, false, "7c45aabb", Error::bad_fragment},
        {"H.264, FU-B", h264, false, "7d850001aabb", Error::unsupported_nalu},
        {"H.264, type 31", h264, false, "1faa", Error::unsupported_nalu},
        {"H.265, one byte", h265, false, "26", Error::truncated},
        {"H.265, AP without a unit", h265, false, "6001", Error::bad_aggregate},
        {"H.265, AP with a unit of one byte", h265, false, "6001000126", Error::bad_aggregate},
        {"H.265, AP with a size that lies", h265, false, "6001ffff2601", Error::bad_aggregate},
        {"H.265, FU without its header", h265, false, "6201", Error::truncated},
        {"H.265, FU from the middle", h265, false, "620113aa", Error::bad_fragment},
        {"H.265, PACI", h265, false, "6401000000", Error::unsupported_nalu},
        {"AAC, one byte", aac, false, "00", Error::bad_aggregate},
        {"AAC, no header", aac, false, "0000aabb", Error::bad_aggregate},
        {"AAC, headers that are not there", aac, false, "ffff0010", Error::bad_aggregate},
        {"AAC, half a header", aac, false, "00080010aabb", Error::bad_aggregate},
        {"AAC, a unit of 0 among others", aac, false, "002000000008aa", Error::bad_aggregate},
        {"AAC, more than there is", aac, false, "002000200010aabbcc", Error::bad_aggregate},
        {"LATM, a size beyond the end", aac, true, "05aabb", Error::bad_aggregate},
        {"LATM, no unit", aac, true, "00", Error::bad_aggregate},
        {"LATM, a size without an end", aac, true, "ffff", Error::bad_aggregate},
        {"MP3, no header", mp3, false, "0000", Error::truncated},
        {"MP3, nothing behind it", mp3, false, "00000000", Error::truncated},
        {"MP3, no frame", mp3, false, "00000000deadbeef", Error::bad_aggregate},
        {"MP3, the free format", mp3, false, "00000000fffb0064", Error::bad_aggregate},
        {"MP3, a piece without its start", mp3, false, "00000010aabb", Error::bad_fragment},
    };
    for (auto const& c : cases) {
        Depacketizer depacketizer(c.track, {.aac = {.latm = c.latm}});
        std::vector<media::Unit> units;
        auto const packet = testing_units::packet({1, 0, true}, hex(c.payload));
        auto const fed = depacketizer.feed(packet, units);
        ASSERT_FALSE(fed) << c.name;
        EXPECT_EQ(describe(fed.error()), describe(c.error)) << c.name;
        EXPECT_TRUE(units.empty()) << c.name;
    }
}

// Types that are reserved mean nothing to a decoder: they start no group of pictures, neither when
// they are received nor when they are sent.
TEST(GoldenPayloads, ReservedTypesOfH265AreNoKeyframes) {
    struct Case {
        unsigned type;
        bool keyframe;
    };
    Case const cases[] = {{0, false},  {1, false},  {9, false},  {10, false}, {15, false},
                          {16, true},  {19, true},  {20, true},  {21, true},  {22, false},
                          {23, false}, {24, false}, {31, false}, {41, false}, {47, false}};
    base::Bytes const vps{0x40, 0x01, 0x0C}, sps{0x42, 0x01, 0x01}, pps{0x44, 0x01, 0xC0};
    media::Track const track{media::H265Config{vps, sps, pps}};
    for (auto const& c : cases) {
        base::Bytes const nalu{static_cast<std::uint8_t>(c.type << 1), 1, 0x80, 1};
        Depacketizer depacketizer(track, {});
        std::vector<media::Unit> units;
        ASSERT_TRUE(depacketizer.feed(testing_units::packet({1, 0}, nalu), units));
        ASSERT_TRUE(depacketizer.feed(testing_units::packet({2, 3000}, nalu), units));
        ASSERT_EQ(units.size(), 1U) << c.type;
        EXPECT_EQ(units[0].keyframe, c.keyframe) << c.type;
        EXPECT_EQ(media::contains_keyframe(media::Codec::h265, units[0].payload.view()),
                  c.keyframe);

        Packetizer packetizer(track, {.ssrc = 1});
        auto const train = packetizer.packetize(units[0]);
        auto rest = train.bytes.view();
        auto const first = parse_packet(next_frame(rest)->payload);
        bool const with_sets = first->payload[0] >> 1 == 48;
        EXPECT_EQ(with_sets, c.keyframe) << c.type;
    }
}

// What is written: the payload of each packet, "M" behind it where the marker is set.
TEST(GoldenTrains, AreWrittenToTheByte) {
    struct Case {
        char const* name;
        media::Track track;
        std::size_t limit;
        base::Bytes unit;
        std::vector<std::string> packets;
    };
    using testing_units::avcc;
    media::Track const bare264{media::H264Config{}};
    media::Track const h264{media::H264Config{{0x67, 0x42, 0xC0, 0x1F}, {0x68, 0xCE}}};
    media::Track const h265{media::H265Config{{0x40, 1, 2}, {0x42, 1, 3}, {0x44, 1, 4}}};
    media::Track const aac{media::AacConfig{{0x12, 0x10}, 44100, 2}};
    Case const cases[] = {
        {"H.264, a slice", bare264, 10, avcc({hex("419a01")}), {"419a01 M"}},
        {"H.264, two in a STAP-A",
         bare264,
         12,
         avcc({hex("419a01"), hex("411a02")}),
         {"180003419a010003411a02 M"}},
        {"H.264, two that do not fit",
         bare264,
         10,
         avcc({hex("419a01"), hex("411a02")}),
         {"419a01", "411a02 M"}},
        {"H.264, fragments",
         bare264,
         5,
         avcc({hex("659a0102030405")}),
         {"7c859a0102", "7c45030405 M"}},
        {"H.264, three fragments",
         bare264,
         4,
         avcc({hex("259a01020304")}),
         {"3c859a01", "3c050203", "3c4504 M"}},
        {"H.264, sets before a key frame",
         h264,
         50,
         avcc({hex("658801")}),
         {"1800046742c01f000268ce0003658801 M"}},
        {"H.264, none before another picture", h264, 50, avcc({hex("419a01")}), {"419a01 M"}},
        {"H.264, the unit's own are left out",
         h264,
         50,
         avcc({hex("0910"), hex("67aa"), hex("68bb"), hex("419a01")}),
         {"419a01 M"}},
        {"H.265, a slice", h265, 50, avcc({hex("020180")}), {"020180 M"}},
        {"H.265, sets and a key frame",
         h265,
         50,
         avcc({hex("280180")}),
         {"60010003400102000342010300034401040003280180 M"}},
        {"H.265, the lowest layer and temporal id",
         h265,
         50,
         avcc({hex("020b80"), hex("021380")}),
         {"600b0003020b800003021380 M"}},
        {"H.265, fragments",
         h265,
         6,
         avcc({hex("02018001020304")}),
         {"620181800102", "6201410304 M"}},
        {"AAC", aac, 50, hex("aabb"), {"00100010aabb M"}},
        {"AAC in pieces", aac, 6, hex("aabbccdd"), {"00100020aabb", "00100020ccdd M"}},
        {"Opus", {media::OpusConfig{}}, 50, hex("0882e2"), {"0882e2"}},
        {"MP3", {media::Mp3Config{}}, 50, hex("fffb10c4"), {"00000000fffb10c4 M"}},
        {"MP3 in pieces",
         {media::Mp3Config{}},
         6,
         hex("fffb10c4aa"),
         {"00000000fffb M", "0000000210c4 M", "00000004aa M"}},
    };
    for (auto const& c : cases) {
        Packetizer packetizer(c.track, {.ssrc = 7, .first_sequence = 1, .max_payload = c.limit});
        auto const train = packetizer.packetize(testing_units::unit(c.unit));
        std::vector<std::string> packets;
        auto rest = train.bytes.view();
        while (auto const frame = next_frame(rest)) {
            auto const packet = parse_packet(frame->payload);
            ASSERT_TRUE(packet) << c.name;
            EXPECT_LE(packet->payload.size(), c.limit) << c.name;
            EXPECT_EQ(packet->sequence, 1 + packets.size()) << c.name;
            packets.push_back(to_hex(packet->payload) + (packet->marker ? " M" : ""));
        }
        EXPECT_EQ(packets, c.packets) << c.name;
        EXPECT_EQ(train.packets, c.packets.size()) << c.name;

        if (c.track.codec() == media::Codec::mp3) continue;  // these bytes are no whole frame
        Depacketizer depacketizer(c.track, {.payload_type = packetizer.payload_type()});
        std::vector<media::Unit> units;
        rest = train.bytes.view();
        while (auto const frame = next_frame(rest)) {
            ASSERT_TRUE(depacketizer.feed(frame->payload, units)) << c.name;
        }
        EXPECT_EQ(units.size(), 1U) << c.name;
    }
}

}  // namespace
}  // namespace tidegate::rtp
