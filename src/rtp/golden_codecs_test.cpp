// Packets of AV1, VP9, AC-3, E-AC-3, FLAC and G.711 as they stand on the wire, written and read:
// whole, in fragments, in aggregates, with packets lost, and malformed.
#include <gtest/gtest.h>

#include "media/av1.hpp"
#include "media/test_samples.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/packet.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/test_units.hpp"

namespace tidegate::rtp {
namespace {

using media::test::hex;
using media::test::to_hex;
using testing_units::packet;

media::Track const kAv1{media::test::av1_160x120()};
media::Track const kVp9{media::test::vp9_160x120()};
media::Track const kAc3{media::Ac3Config{48000, 1, hex("100d00")}};
media::Track const kEac3{media::Eac3Config{48000, 1, hex("0600200400")}};
media::Track const kFlac{media::test::flac_mono_48000()};
media::Track const kALaw{media::PcmaConfig{}};
media::Track const kStereo{media::PcmuConfig{8000, 2}};

constexpr std::string_view kSequence = "0a0b020000051da7fb805f0008";  // with its size
constexpr std::string_view kBareSequence = "08020000051da7fb805f0008";

std::string filler(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += to_hex(base::Bytes{std::uint8_t(i % 100)});
    return text;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (auto const part : parts) all += part;
    return all;
}

// A frame of AC-3: 48 kHz, mono, 32 kbit/s, which has 128 bytes.
std::string ac3_frame(std::string_view second = "00") {
    return to_hex(hex(joined({"0b770000 00 40 2f84", second, filler(119)})));
}
// E-AC-3: 128 bytes, 6 blocks. kind: 0 independent, 1 dependent.
std::string eac3_frame(unsigned kind = 0) {
    return to_hex(hex(joined({"0b77", kind == 0 ? "003f" : "403f", "3287c000", filler(120)})));
}

struct WrittenPackets {
    char const* name;
    media::Track track;
    std::size_t limit;
    std::string unit;
    std::vector<std::string> packets;  // payloads; "M" behind those with the marker
    bool keyframe = true;
};

std::vector<std::string> payloads_of(Train const& train) {
    std::vector<std::string> payloads;
    auto rest = train.bytes.view();
    while (auto const frame = next_frame(rest)) {
        auto const read = parse_packet(frame->payload);
        payloads.push_back(to_hex(read->payload) + (read->marker ? " M" : ""));
    }
    return payloads;
}

std::vector<WrittenPackets> written() {
    auto const text = [](std::string_view spaced) { return to_hex(hex(spaced)); };
    auto const m = [&](std::string_view spaced) { return text(spaced) + " M"; };
    return {
        {"AV1: a sequence header and a frame; the last OBU has no length",
         kAv1,
         1440,
         joined({kSequence, "3203 1000aa"}),
         {m(joined({"28 0c", kBareSequence, "30 1000aa"}))}},
        {"AV1: three OBUs in a packet are counted",
         kAv1,
         1440,
         joined({kSequence, "2a01 55", "3203 1000aa"}),
         {m(joined({"38 0c", kBareSequence, "02 2855", "30 1000aa"}))}},
        {"AV1: of four all have a length",
         kAv1,
         1440,
         joined({kSequence, "2a01 55", "2a01 66", "3203 1000aa"}),
         {m(joined({"08 0c", kBareSequence, "02 2855 02 2866", "04 301000aa"}))}},
        {"AV1: a key frame without its sequence header gets the known one",
         kAv1,
         1440,
         "3203 1000aa",
         {m(joined({"28 0c", kBareSequence, "30 1000aa"}))}},
        {"AV1: another picture gets none", kAv1, 1440, "3203 3000aa", {m("10 30 3000aa")}, false},
        {"AV1: an OBU with an extension keeps it",
         kAv1,
         1440,
         "3608 03 3000aa",
         {m("10 3408 3000aa")},
         false},
        {"AV1: temporal delimiters and padding are left out",
         kAv1,
         1440,
         "1200 3203 3000aa 7a02 0000",
         {m("10 30 3000aa")},
         false},
        {"AV1: a frame in fragments",
         kAv1,
         8,
         "320a 30010203040506070809",
         {text("50 30 300102030405"), m("90 06070809")},
         false},
        {"AV1: an OBU that is cut has its length, too, when others follow",
         kAv1,
         8,
         "2a08 3031323334353637 3201 30",
         {text("40 06 283031323334"), m("a0 03 353637 3030")},
         false},
        {"VP9: a key frame has the structure in its first packet",
         kVp9,
         16,
         "824983420009f00776",
         {text("8b 8001 18 00a0 0078 01 14 01 8249834200"), m("85 8001 09f00776")}},
        {"VP9: another picture", kVp9, 1440, "86004092", {m("cd 8001 86004092")}, false},
        {"VP9: another picture in fragments",
         kVp9,
         7,
         "8600409201 02",
         {text("c9 8001 86004092"), m("c5 8001 0102")},
         false},
        {"AC-3: a frame", kAc3, 1440, ac3_frame(), {m(joined({"0001", ac3_frame()}))}},
        {"AC-3: a first fragment of 5/8",
         kAc3,
         102,
         ac3_frame(),
         {"0102" + ac3_frame().substr(0, 200), "0302" + ac3_frame().substr(200) + " M"}},
        {"AC-3: a first fragment of less",
         kAc3,
         66,
         ac3_frame(),
         {"0202" + ac3_frame().substr(0, 128), "0302" + ac3_frame().substr(128) + " M"}},
        {"E-AC-3: a frame in fragments",
         kEac3,
         66,
         eac3_frame(),
         {text(joined({"0102", eac3_frame().substr(0, 128)})),
          m(joined({"0102", eac3_frame().substr(128)}))}},
        {"FLAC: a frame in pieces", kFlac, 4, "fff8aa0800ed", {text("fff8aa08"), m("00ed")}},
        {"G.711: whole samples of both channels",
         kStereo,
         5,
         "0102030405060708 09",
         {text("01020304"), text("05060708")}},
    };
}

TEST(GoldenCodecs, AreWrittenToTheByte) {
    for (auto const& c : written()) {
        Packetizer packetizer(c.track, {.ssrc = 1, .max_payload = c.limit});
        auto unit = testing_units::unit(hex(c.unit));
        unit.keyframe = c.keyframe;
        EXPECT_EQ(payloads_of(packetizer.packetize(unit)), c.packets) << c.name;
    }
}

// Without what a description or the container has in common.
base::Bytes carried(media::Track const& track, base::Bytes const& unit) {
    if (track.codec() != media::Codec::av1) return unit;
    base::Bytes out;
    media::ObuReader obus(unit);
    while (auto const obu = obus.next()) {
        if (media::is_carried(obu->type)) media::append_obu(out, *obu);
    }
    return out;
}

TEST(GoldenCodecs, AreReadBackAtEveryLimit) {
    for (auto const& c : written()) {
        for (std::size_t limit = 16; limit < 200; ++limit) {
            Packetizer packetizer(c.track, {.ssrc = 1, .max_payload = limit});
            Depacketizer depacketizer(c.track, {.payload_type = payload_type_of(c.track)});
            auto unit = testing_units::unit(hex(c.unit));
            unit.keyframe = c.keyframe;
            std::vector<media::Unit> units;
            for (int i = 0; i < 2; ++i) {
                auto const train = packetizer.packetize(unit);
                auto rest = train.bytes.view();
                while (auto const frame = next_frame(rest)) {
                    auto const fed = depacketizer.feed(frame->payload, units);
                    ASSERT_TRUE(fed) << c.name << " " << limit << ": " << describe(fed.error());
                }
                unit.pts += std::chrono::milliseconds(40);
            }
            base::Bytes all;
            for (auto const& one : units) {
                all.insert(all.end(), one.payload.view().begin(), one.payload.view().end());
            }
            auto expected = carried(c.track, hex(c.unit));
            if (std::string_view(c.name).contains("known one")) {
                auto const sequence = hex(kSequence);
                expected.insert(expected.begin(), sequence.begin(), sequence.end());
            }
            if (c.track == kStereo) expected.pop_back();  // half a sample
            auto const once = expected;
            expected.insert(expected.end(), once.begin(), once.end());
            EXPECT_EQ(to_hex(all), to_hex(expected)) << c.name << " " << limit;
            if (c.track.kind() == media::Kind::video) {
                EXPECT_EQ(units.size(), 2U) << c.name;
                EXPECT_EQ(units[1].keyframe, c.keyframe) << c.name;
            }
        }
    }
}

TEST(GoldenCodecs, LaterPacketsOfG711HaveTheirOwnTime) {
    Packetizer packetizer(kStereo, {.ssrc = 1, .max_payload = 8});
    auto const train = packetizer.packetize(testing_units::unit(base::Bytes(20, 0x55)));
    std::vector<std::uint32_t> times;
    auto rest = train.bytes.view();
    while (auto const frame = next_frame(rest)) {
        times.push_back(parse_packet(frame->payload)->timestamp);
    }
    EXPECT_EQ(times, (std::vector<std::uint32_t>{0, 4, 8}));
    EXPECT_EQ(payload_type_of(kALaw, 3), 8);
    EXPECT_EQ(payload_type_of({media::PcmuConfig{}}, 3), 0);
    EXPECT_EQ(payload_type_of(kStereo, 3), 99);
    EXPECT_EQ(payload_type_of({media::PcmaConfig{16000, 1}}, 3), 99);
}

struct ReadPackets {
    char const* name;
    media::Track track;
    std::vector<testing_units::Packet> headers;  // sequence, timestamp, marker
    std::vector<std::string> payloads;
    std::vector<std::string> units;  // "C" new configuration, "K" key frame, "@" time in ticks
    std::uint64_t dropped = 0;
};

std::string summary(media::Unit const& unit, std::uint32_t clock) {
    return std::string(unit.new_config ? "C" : "") + (unit.keyframe ? "K" : "") + "@" +
           std::to_string(base::to_ticks(unit.pts, clock)) + " " + to_hex(unit.payload.view());
}

std::string av1_key(std::string_view payload) {
    return to_hex(hex(joined({kSequence, payload})));
}

std::vector<ReadPackets> read_cases() {
    auto const seq = std::string(kBareSequence);
    auto const sync =
        "8249834200"
        "09f00776";
    return {
        {"AV1: the sequence header in the stream configures the track",
         {media::Av1Config{}},
         {{1, 0, true}},
         {"28 0c" + seq + "30 1000aa"},
         {"CK@0 " + av1_key("3203 1000aa")}},
        {"AV1: OBUs with sizes, as some senders leave them in",
         kAv1,
         {{1, 0, true}},
         {joined({"20 0d", kSequence, "3203 1000aa"})},
         {"K@0 " + av1_key("3203 1000aa")}},
        {"AV1: a key frame that nobody can decode is none",
         {media::Av1Config{}},
         {{1, 0, true}},
         {"10 30 1000aa"},
         {"@0 32031000aa"}},
        {"AV1: a temporal delimiter in front",
         kAv1,
         {{1, 0, true}},
         {"20 01 10 30 3000aa"},
         {"@0 32033000aa"}},
        {"AV1: without a marker the next timestamp ends a unit",
         kAv1,
         {{1, 0}, {2, 3000}, {3, 6000}},
         {"10 30 3000aa", "10 30 3000bb", "10 30 3000cc"},
         {"@0 32033000aa", "@3000 32033000bb"}},
        {"AV1: a lost fragment drops the unit, and the next one is read",
         kAv1,
         {{1, 0}, {3, 0, true}, {4, 3000, true}},
         {"50 30 3000aa", "90 bb", "10 30 3000cc"},
         {"@0 32033000cc"},
         1},
        {"AV1: a lost first packet drops the unit",
         kAv1,
         {{1, 0, true}, {3, 3000, true}, {4, 6000, true}},
         {"10 30 3000aa", "10 20 55", "10 30 3000cc"},
         {"@0 32033000aa", "@6000 32033000cc"}},
        {"VP9: a key frame configures the track",
         {media::Vp9Config{}},
         {{1, 0, true}},
         {joined({"0c", sync})},
         {"CK@0 " + std::string(sync)}},
        {"VP9: with every field of the descriptor",
         kVp9,
         {{1, 0, true}},
         // I P L F B E V; 15 bits; layers; two references; two layers with sizes and a group
         {"fe 8001 00 03 04 38 00a000780140 00f0 02 04 01 08 0102 86004092"},
         {"@0 86004092"}},
        {"VP9: pieces, and a picture whose middle is lost",
         kVp9,
         {{1, 0}, {2, 0, true}, {3, 3000}, {5, 3000, true}, {6, 6000, true}},
         {"c8 8001 8600", "c4 8001 4092", "c8 8002 8600", "c4 8002 4092", "cc 8003 8600"},
         {"@0 86004092", "@6000 8600"},
         1},
        {"AC-3: two frames in a packet",
         {media::Ac3Config{48000, 6, {}}},
         {{1, 0, true}},
         {"0002" + ac3_frame() + ac3_frame("11")},
         {"CK@0 " + ac3_frame(), "K@1536 " + ac3_frame("11")}},
        {"AC-3: fragments, and one that is lost",
         kAc3,
         {{1, 0}, {2, 0, true}, {3, 1536}, {5, 1536, true}, {6, 3072, true}},
         {"0102" + ac3_frame().substr(0, 10), "0302" + ac3_frame().substr(10),
          "0203" + ac3_frame().substr(0, 10), "0303" + ac3_frame().substr(10),
          "0001" + ac3_frame()},
         {"K@0 " + ac3_frame(), "K@3072 " + ac3_frame()},
         1},
        {"E-AC-3: a dependent substream belongs to its frame",
         kEac3,
         {{1, 0, true}},
         {"0003" + eac3_frame() + eac3_frame(1) + eac3_frame()},
         {"K@0 " + eac3_frame() + eac3_frame(1), "K@1536 " + eac3_frame()}},
        {"FLAC: a lost first piece drops the frame",
         kFlac,
         {{1, 0, true}, {3, 4096, true}, {4, 8192, true}},
         {"fff8aa", "00ed4c", "fff8bb"},
         {"K@0 fff8aa", "K@8192 fff8bb"}},
        {"G.711: half a sample is left out",
         kStereo,
         {{1, 0}, {2, 2}},
         {"0102030405", "0607"},
         {"K@0 01020304", "K@2 0607"}},
    };
}

TEST(GoldenCodecs, AreReadAsTheyWereSent) {
    for (auto const& c : read_cases()) {
        ASSERT_EQ(c.headers.size(), c.payloads.size()) << c.name;
        auto const type = payload_type_of(c.track);
        Depacketizer depacketizer(c.track, {.payload_type = type});
        std::vector<media::Unit> units;
        for (std::size_t i = 0; i < c.headers.size(); ++i) {
            auto header = c.headers[i];
            header.type = type;
            static_cast<void>(depacketizer.feed(packet(header, hex(c.payloads[i])), units));
        }
        std::vector<std::string> seen;
        for (auto const& unit : units) seen.push_back(summary(unit, c.track.clock_rate()));
        EXPECT_EQ(seen, c.units) << c.name;
        EXPECT_EQ(depacketizer.units_dropped(), c.dropped) << c.name;
    }
}

TEST(GoldenCodecs, AreRefusedWhenTheyAreMalformed) {
    struct Case {
        char const* name;
        media::Track track;
        char const* payload;
        Error error;
    };
    Case const cases[] = {
        {"AV1, the rest of an OBU without its start", kAv1, "90 aabb", Error::bad_fragment},
        {"AV1, a length beyond the end", kAv1, "00 05 30", Error::bad_aggregate},
        {"AV1, a length without an end", kAv1, "00 ffffffffffffffffff", Error::bad_aggregate},
        {"AV1, a length of more than 32 bits", kAv1, "00 ffffffffff01", Error::bad_aggregate},
        {"AV1, an OBU whose size lies", kAv1, "10 3205 30", Error::bad_descriptor},
        {"AV1, an extension that is cut off", kAv1, "10 34", Error::bad_descriptor},
        {"VP9, a picture id that is cut off", kVp9, "88 80", Error::bad_descriptor},
        {"VP9, layers that are cut off", kVp9, "28 00", Error::bad_descriptor},
        {"VP9, a structure that is cut off", kVp9, "0a f8 00a0", Error::bad_descriptor},
        {"VP9, a group that is cut off", kVp9, "0a 08 ff 0c", Error::bad_descriptor},
        {"AC-3, no frame", kAc3, "0001", Error::truncated},
        {"AC-3, no sync word", kAc3, "0001 deadbeef0000000000", Error::bad_aggregate},
        {"AC-3, a frame that is cut off", kAc3, "0001 0b770000 00 40 2f84", Error::bad_aggregate},
        {"AC-3, a fragment without its start", kAc3, "0302 aabb", Error::bad_fragment},
        {"E-AC-3, no sync word", kEac3, "0001 deadbeef0000000000", Error::bad_aggregate},
        {"G.711, half a sample", kStereo, "01", Error::truncated},
    };
    for (auto const& c : cases) {
        auto const type = payload_type_of(c.track);
        Depacketizer depacketizer(c.track, {.payload_type = type});
        std::vector<media::Unit> units;
        auto const fed = depacketizer.feed(packet({1, 0, true, type}, hex(c.payload)), units);
        EXPECT_TRUE(units.empty()) << c.name;
        if (fed) ADD_FAILURE() << c.name << " is read";
        if (!fed) EXPECT_EQ(describe(fed.error()), describe(c.error)) << c.name;
    }
}

TEST(GoldenCodecs, WhatIsHeldIsBounded) {
    for (auto const& track : {kAv1, kVp9, kFlac}) {
        Depacketizer depacketizer(track, {});
        std::vector<media::Unit> units;
        base::Bytes piece(60'000, 0x55);
        bool refused = false;
        for (std::uint16_t i = 0; i < 400; ++i) {
            if (track == kAv1) piece[0] = i == 0 ? 0x50 : 0xd0;
            if (track == kVp9) piece[0] = i == 0 ? 0x08 : 0x00;
            auto const fed = depacketizer.feed(packet({i, 0}, piece), units);
            refused = refused || !fed;
        }
        EXPECT_TRUE(refused) << track.label();
        EXPECT_TRUE(units.empty()) << track.label();
    }
}

TEST(GoldenCodecs, TooManyObusAreRefused) {
    Depacketizer depacketizer(kAv1, {});
    std::vector<media::Unit> units;
    base::Bytes payload{0x00};
    for (std::size_t i = 0; i <= media::kMaxObus; ++i) payload.insert(payload.end(), {1, 0x28});
    auto const fed = depacketizer.feed(packet({1, 0, true}, payload), units);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error(), Error::too_many_nalus);
    EXPECT_TRUE(units.empty());
}

}  // namespace
}  // namespace tidegate::rtp
