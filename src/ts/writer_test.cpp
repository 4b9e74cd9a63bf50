#include "ts/writer.hpp"

#include <gtest/gtest.h>

#include "media/avcc.hpp"
#include "media/test_samples.hpp"
#include "ts/test_demuxer.hpp"

namespace tidegate::ts {
namespace {

using media::test::hex;
using media::test::joined_bytes;
using std::chrono::milliseconds;

constexpr base::Timestamp kStart = std::chrono::seconds(10);

media::Unit unit(std::uint16_t track, base::Timestamp dts, base::Bytes const& payload,
                 bool keyframe = true, base::Timestamp composition = {}) {
    return {.track = track,
            .keyframe = keyframe,
            .pts = dts + composition,
            .dts = dts,
            .payload = base::SharedBytes::copy_of(payload)};
}

base::Bytes avcc(std::initializer_list<char const*> nalus) {
    base::Bytes out;
    for (auto const* nalu : nalus) media::append_avcc(out, hex(nalu));
    return out;
}

test::Demuxed written(Writer& writer, std::vector<media::Unit> const& units) {
    base::SharedBytesBuilder out;
    for (auto const& one : units) {
        auto const fine = writer.write(one, out);
        EXPECT_TRUE(fine) << fine.error().message;
    }
    auto demuxed = test::Demuxer().run(out.view());
    EXPECT_EQ(demuxed.fault, "");
    return demuxed;
}

std::vector<test::Piece> of_pid(test::Demuxed const& demuxed, std::uint16_t pid) {
    std::vector<test::Piece> pieces;
    for (auto const& piece : demuxed.pieces) {
        if (piece.pid == pid) pieces.push_back(piece);
    }
    return pieces;
}

base::Bytes payload_of(test::Piece const& piece) {
    auto const pes = test::read_pes(piece.bytes);
    EXPECT_TRUE(pes);
    return pes ? base::Bytes(pes->payload.begin(), pes->payload.end()) : base::Bytes{};
}

base::Bytes const kCode = hex("00000001");

TEST(TsWriter, VideoHasDelimitersAndParameterSets) {
    auto const h264 = media::test::h264_720p();
    auto const h265 = media::test::h265_1080p();
    auto const set = [](auto const& config, media::NalRole role) {
        return joined_bytes({kCode, media::test::first_set(config.sets, role)});
    };
    auto const h264_sets =
        joined_bytes({set(h264, media::NalRole::sps), set(h264, media::NalRole::pps)});
    auto const h265_sets =
        joined_bytes({set(h265, media::NalRole::vps), set(h265, media::NalRole::sps),
                      set(h265, media::NalRole::pps)});
    struct Case {
        char const* name;
        media::Track track;
        base::Bytes payload;
        bool keyframe;
        base::Bytes wanted;
    };
    Case const cases[] = {
        {"key frame",
         {h264},
         avcc({"0605", "6588"}),
         true,
         joined_bytes({hex("0000000109f0"), h264_sets, hex("000000010605 000000016588")})},
        {"another picture", {h264}, avcc({"419a"}), false, hex("0000000109f0 00000001419a")},
        {"with a delimiter of its own",
         {h264},
         avcc({"0910", "419a"}),
         false,
         hex("0000000109f0 00000001419a")},
        {"with sets of its own",
         {h264},
         avcc({"67640c28", "68ee", "6588"}),
         true,
         hex("0000000109f0 0000000167640c28 0000000168ee 000000016588")},
        {"H.265 key frame",
         {h265},
         avcc({"2601af"}),
         true,
         joined_bytes({hex("00000001460150"), h265_sets, hex("000000012601af")})},
        {"H.265 picture",
         {h265},
         avcc({"460110", "0201d0"}),
         false,
         hex("00000001460150 000000010201d0")},
    };
    for (auto const& c : cases) {
        Writer writer({c.track});
        auto const demuxed = written(writer, {unit(0, kStart, c.payload, c.keyframe)});
        auto const pieces = of_pid(demuxed, kFirstTrackPid);
        ASSERT_EQ(pieces.size(), 1U) << c.name;
        EXPECT_EQ(payload_of(pieces[0]), c.wanted) << c.name;
        EXPECT_EQ(pieces[0].random_access, c.keyframe) << c.name;
    }
}

TEST(TsWriter, ChangedParameterSetsGoOut) {
    Writer writer({{media::H264Config{}}});
    writer.set_track(0, {media::test::h264_main_360p()});
    auto const demuxed = written(writer, {unit(0, kStart, avcc({"6588"}))});
    auto const payload = payload_of(of_pid(demuxed, kFirstTrackPid).at(0));
    EXPECT_EQ(payload.size(), 6 + 4 + 24 + 4 + 5 + 6U);
}

TEST(TsWriter, SoundHasItsHeaders) {
    struct Case {
        char const* name;
        media::Track track;
        std::size_t size;
        char const* header;
        std::uint8_t stream_id;
    };
    Case const cases[] = {
        {"AAC", {media::test::aac_stereo_44100()}, 4, "fff15080017ffc", 0xc0},
        {"MP3", {media::Mp3Config{44100, 2}}, 4, "", 0xc0},
        {"AC-3", {media::Ac3Config{48000, 2, {}}}, 4, "", 0xbd},
        {"Opus", {media::OpusConfig{2}}, 4, "7fe004", 0xbd},
        {"Opus of 255 bytes", {media::OpusConfig{2}}, 255, "7fe0ff00", 0xbd},
        {"Opus of 600 bytes", {media::OpusConfig{2}}, 600, "7fe0ffff5a", 0xbd},
    };
    for (auto const& c : cases) {
        Writer writer({c.track});
        base::Bytes const payload(c.size, 0x21);
        auto const demuxed = written(writer, {unit(0, kStart, payload)});
        auto const pieces = of_pid(demuxed, kFirstTrackPid);
        ASSERT_EQ(pieces.size(), 1U) << c.name;
        EXPECT_EQ(payload_of(pieces[0]), joined_bytes({hex(c.header), payload})) << c.name;
        EXPECT_EQ(test::read_pes(pieces[0].bytes)->stream_id, c.stream_id) << c.name;
        EXPECT_TRUE(pieces[0].random_access) << c.name;
    }
}

TEST(TsWriter, TimesAreCountedIn90000ths) {
    Writer writer({{media::test::h264_720p()}});
    auto const demuxed = written(writer, {unit(0, kStart, avcc({"6588"}), true, milliseconds(80)),
                                          unit(0, kStart + milliseconds(40), avcc({"419a"}), false),
                                          unit(0, std::chrono::hours(30), avcc({"419a"}), false)});
    auto const pieces = of_pid(demuxed, kFirstTrackPid);
    ASSERT_EQ(pieces.size(), 3U);
    auto const first = test::read_pes(pieces[0].bytes);
    EXPECT_EQ(first->dts, 900'000U);
    EXPECT_EQ(first->pts, 907'200U);
    auto const second = test::read_pes(pieces[1].bytes);
    EXPECT_EQ(second->dts, 903'600U);
    EXPECT_EQ(second->pts, 903'600U);
    // After 26.5 hours they begin anew.
    EXPECT_EQ(test::read_pes(pieces[2].bytes)->pts, 30 * 3600 * 90'000ULL - (1ULL << 33));
    EXPECT_EQ(pieces[0].clock, 900'000U - 9'000U);
    EXPECT_EQ(pieces[1].clock, 903'600U - 9'000U);
}

media::Tracks audio_and_video() {
    return {{media::test::aac_stereo_44100()}, {media::test::h264_720p()}};
}

TEST(TsWriter, TablesComeFirstAndBeforeEachKeyFrame) {
    Writer writer(audio_and_video());
    auto const demuxed =
        written(writer, {unit(0, kStart, hex("21")), unit(1, kStart, avcc({"6588"})),
                         unit(1, kStart + milliseconds(40), avcc({"419a"}), false),
                         unit(0, kStart + milliseconds(2000), hex("21")),
                         unit(1, kStart + milliseconds(2000), avcc({"6588"}))});
    std::string order;
    for (auto const& piece : demuxed.pieces) order += std::to_string(piece.pid) + " ";
    EXPECT_EQ(order, "0 4096 256 0 4096 257 257 256 0 4096 257 ");
    // The PMT says that the clock is the video's.
    EXPECT_EQ(demuxed.pieces[1].bytes[1 + 9], 0x01);
    EXPECT_EQ(demuxed.pieces[1].bytes[1 + 8], 0xe1);
}

TEST(TsWriter, ASegmentBeginsWithTablesAndCountsOn) {
    Writer writer({{media::test::h264_720p()}});
    base::SharedBytesBuilder first, second;
    ASSERT_TRUE(writer.write(unit(0, kStart, avcc({"6588"})), first));
    writer.begin_segment();
    ASSERT_TRUE(writer.write(unit(0, kStart + milliseconds(40), avcc({"419a"}), false), second));
    auto whole = base::Bytes(first.view().begin(), first.view().end());
    whole.insert(whole.end(), second.view().begin(), second.view().end());
    auto const demuxed = test::Demuxer().run(whole);
    EXPECT_EQ(demuxed.fault, "");
    EXPECT_EQ(test::Demuxer().run(second.view()).pieces.at(0).pid, kPatPid);
}

TEST(TsWriter, SoundAloneHasTablesTwiceASecond) {
    Writer writer({{media::OpusConfig{2}}});
    std::vector<media::Unit> units;
    for (int i = 0; i < 100; ++i)
        units.push_back(unit(0, kStart + milliseconds(20) * i, hex("fc")));
    auto const demuxed = written(writer, units);
    EXPECT_EQ(of_pid(demuxed, kPatPid).size(), 4U);
    EXPECT_EQ(of_pid(demuxed, kPmtPid).size(), 4U);
    EXPECT_EQ(demuxed.clocks.size(), 100U);
}

TEST(TsWriter, TheClockNeverRestsForLongAndNeverGoesBack) {
    Writer writer(audio_and_video());
    std::vector<media::Unit> units;
    // One picture in two seconds, which comes a little later than the sound.
    for (int i = 0; i < 300; ++i) {
        auto const at = kStart + milliseconds(23) * i;
        units.push_back(unit(0, at, hex("21")));
        if (i % 87 == 0) units.push_back(unit(1, at - milliseconds(5), avcc({"6588"})));
    }
    auto const demuxed = written(writer, units);
    ASSERT_GT(demuxed.clocks.size(), 50U);
    for (std::size_t i = 1; i < demuxed.clocks.size(); ++i) {
        EXPECT_GT(demuxed.clocks[i], demuxed.clocks[i - 1]);
        EXPECT_LE(demuxed.clocks[i] - demuxed.clocks[i - 1], 90U * 100);
    }
}

TEST(TsWriter, AacIsGivenTheTimesOfItsSamples) {
    Writer writer({{media::test::aac_stereo_44100()}});
    std::vector<media::Unit> units;
    // Times as RTMP rounds them, and a gap of a second.
    for (std::int64_t i = 0; i < 200; ++i) {
        auto const ms = i * 1024 * 1000 / 44'100 + (i < 100 ? 0 : 1000);
        units.push_back(unit(0, kStart + milliseconds(ms), hex("21")));
    }
    auto const pieces = of_pid(written(writer, units), kFirstTrackPid);
    ASSERT_EQ(pieces.size(), 200U);
    auto const at = [&](std::size_t i) { return test::read_pes(pieces[i].bytes)->pts; };
    for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_NEAR(static_cast<double>(at(i)),
                    900'000 + 1024.0 * 90'000 / 44'100 * static_cast<double>(i), 1);
    }
    EXPECT_EQ(at(100), 900'000U + 90U * (100 * 1024 * 1000 / 44'100 + 1000));
}

TEST(TsWriter, WhatCannotBeWrittenLeavesNothingBehind) {
    Writer writer({{media::test::aac_stereo_44100()},
                   {media::OpusConfig{2}},
                   {media::test::h264_720p()},
                   {media::OpusConfig{9}}});
    EXPECT_TRUE(writer.carries(0));
    EXPECT_FALSE(writer.carries(3));
    base::SharedBytesBuilder out;
    struct Case {
        media::Unit unit;
        char const* reason;  // empty: not an error
    };
    Case const cases[] = {
        {unit(0, kStart, base::Bytes(8185, 1)), "AAC unit is too large for ADTS"},
        {unit(1, kStart, base::Bytes(65'530, 1)), "audio unit is too large"},
        {unit(2, kStart, hex("00000005 65")), "invalid length"},
        {unit(2, kStart, hex("00000000")), "unit without a picture"},
        {unit(3, kStart, hex("fc")), ""},
        {unit(4, kStart, hex("fc")), ""},
    };
    for (auto const& c : cases) {
        auto const fine = writer.write(c.unit, out);
        EXPECT_EQ(fine.has_value(), *c.reason == '\0') << c.reason;
        if (!fine)
            EXPECT_NE(fine.error().message.find(c.reason), std::string::npos)
                << fine.error().message;
        EXPECT_EQ(out.size(), 0U) << c.reason;
    }
    Writer nothing({{media::OpusConfig{9}}});
    EXPECT_TRUE(nothing.write(unit(0, kStart, hex("fc")), out));
    EXPECT_EQ(out.size(), 0U);
}

TEST(TsWriter, ALargePictureDoesNotSayItsSize) {
    Writer writer({{media::test::h264_720p()}});
    base::Bytes payload;
    media::append_avcc(payload, base::Bytes(100'000, 0x65));
    auto const demuxed = written(writer, {unit(0, kStart, payload)});
    auto const pieces = of_pid(demuxed, kFirstTrackPid);
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(pieces[0].bytes[4] | pieces[0].bytes[5], 0);
    EXPECT_GT(payload_of(pieces[0]).size(), 100'000U);
}

TEST(TsWriter, SixteenTracksHaveATableOfTwoPackets) {
    media::Tracks const tracks(media::kMaxTracks, {media::OpusConfig{2}});
    Writer writer(tracks);
    auto const demuxed = written(writer, {unit(15, kStart, hex("fc"))});
    EXPECT_EQ(of_pid(demuxed, kPmtPid).at(0).bytes.size(), 2 * 184U);
    EXPECT_EQ(of_pid(demuxed, kFirstTrackPid + 15).size(), 1U);
}

}  // namespace
}  // namespace tidegate::ts
