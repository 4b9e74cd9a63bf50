#include "mp4/init_segment.hpp"

#include <gtest/gtest.h>

#include "mp4/sample_entry.hpp"
#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::box;
using test::full_box;
using test::hex;
using test::to_hex;
using test::u32;

base::Bytes matrix() {
    return hex("00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000");
}

base::Bytes movie_header() {
    return full_box("mvhd", 0,
                    {hex("00000000 00000000 000003e8 00000000 00010000 0100 00000000000000000000"),
                     matrix(), base::Bytes(24, 0), hex("ffffffff")});
}

base::Bytes empty_tables() {
    return test::joined_bytes({full_box("stts", 0, {u32(0)}), full_box("stsc", 0, {u32(0)}),
                               full_box("stsz", 0, {u32(0), u32(0)}),
                               full_box("stco", 0, {u32(0)})});
}

base::Bytes entry(TrackSetup const& setup) {
    BoxWriter out;
    write_sample_entry(out, setup);
    auto const bytes = std::move(out).finish();
    return {bytes.view().begin(), bytes.view().end()};
}

struct Kind {
    char const* header;     // tkhd from its id to its matrix
    char const* size;       // in 16.16
    char const* timescale;  // and the language
    char const* handler;
    base::Bytes media_header;
};

base::Bytes track(TrackSetup const& setup, Kind const& kind) {
    auto const dinf = box("dinf", {full_box("dref", 0, {u32(1), full_box("url ", 1, {})})});
    auto const stbl = box("stbl", {full_box("stsd", 0, {u32(1), entry(setup)}), empty_tables()});
    return box("trak",
               {full_box("tkhd", 3,
                         {hex("00000000 00000000"), hex(kind.header), matrix(), hex(kind.size)}),
                box("mdia", {full_box("mdhd", 0, {hex("00000000 00000000"), hex(kind.timescale)}),
                             full_box("hdlr", 0, {hex(kind.handler)}),
                             box("minf", {kind.media_header, dinf, stbl})})});
}

base::Bytes defaults(std::uint32_t id) {
    return full_box("trex", 0, {u32(id), u32(1), base::Bytes(12, 0)});
}

TrackSetup video() {
    return {.id = 1, .track = {media::test::h264_main_360p()}};
}
TrackSetup audio() {
    return {.id = 2, .track = {.config = media::test::aac_stereo_44100(), .language = "esp"}};
}

// Byte for byte what MediaMTX writes.
base::Bytes video_track() {
    return track(
        video(),
        {.header = "00000001 00000000 00000000 0000000000000000 0000 0000 0000 0000",
         .size = "02800000 01680000",
         .timescale = "00015f90 00000000 55c4 0000",
         .handler = "00000000 76696465 000000000000000000000000 566964656f48616e646c657200",
         .media_header = full_box("vmhd", 1, {base::Bytes(8, 0)})});
}

// Spanish: 5, 19, 16 in five bits each.
base::Bytes audio_track() {
    return track(
        audio(),
        {.header = "00000002 00000000 00000000 0000000000000000 0000 0001 0100 0000",
         .size = "00000000 00000000",
         .timescale = "0000ac44 00000000 1670 0000",
         .handler = "00000000 736f756e 000000000000000000000000 536f756e6448616e646c657200",
         .media_header = full_box("smhd", 0, {u32(0)})});
}

base::Bytes file_type() {
    return box("ftyp", {hex("6d703432 00000001 6d703431 6d703432 69736f6d 686c7366")});
}

TEST(InitSegment, OfOneTrackHasTheseBytes) {
    auto const setup = video();
    auto const written = write_init_segment({&setup, 1});
    ASSERT_TRUE(written);
    auto const wanted = test::joined_bytes(
        {file_type(), box("moov", {movie_header(), video_track(), box("mvex", {defaults(1)})})});
    EXPECT_EQ(to_hex(written->view()), to_hex(wanted));
    EXPECT_EQ(written->size(), 683U);  // as measured of MediaMTX
}

TEST(InitSegment, OfARecordingHasTheseBytes) {
    RecordingInfo const info{.stream_id = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                             .segment = 3,
                             .start_dts = std::chrono::nanoseconds(-2),
                             .start_time = std::chrono::nanoseconds(0x0102030405060708)};
    TrackSetup const setups[] = {video(), audio()};
    auto const written = write_init_segment(setups, &info);
    ASSERT_TRUE(written);
    auto const mtxi = full_box("mtxi", 0,
                               {hex("000102030405060708090a0b0c0d0e0f 0000000000000003"),
                                hex("fffffffffffffffe 0102030405060708")});
    EXPECT_EQ(mtxi.size(), 52U);
    auto const wanted = test::joined_bytes(
        {file_type(), box("moov", {movie_header(), video_track(), audio_track(),
                                   box("mvex", {defaults(1), defaults(2)}), box("udta", {mtxi})})});
    EXPECT_EQ(to_hex(written->view()), to_hex(wanted));
    auto const read = test::read_file(written->view());
    ASSERT_TRUE(read.movie) << read.error;
    EXPECT_EQ(read.movie->recording, info);
}

TEST(InitSegment, IsReadBack) {
    TrackSetup const setups[] = {video(), audio()};
    auto const written = write_init_segment(setups);
    auto const read = test::read_file(written->view());
    ASSERT_TRUE(read.movie) << read.error;
    EXPECT_TRUE(read.movie->fragmented);
    EXPECT_TRUE(read.movie->skipped.empty());
    EXPECT_TRUE(read.samples.empty());
    EXPECT_FALSE(read.movie->recording);
    ASSERT_EQ(read.movie->tracks.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        auto const& track = read.movie->tracks[i];
        EXPECT_EQ(track.id, setups[i].id);
        EXPECT_EQ(track.track, setups[i].track);
        EXPECT_EQ(track.timescale, timescale(setups[i].track));
        EXPECT_EQ(track.shift, 0);
    }
}

TEST(InitSegment, SaysTheMoviesDurationWhereARecorderFillsItIn) {
    auto const setup = video();
    auto const written = write_init_segment({&setup, 1});
    base::Bytes bytes(written->view().begin(), written->view().end());
    bytes[kMovieDurationAt + 2] = 0x12;
    bytes[kMovieDurationAt + 3] = 0x34;
    EXPECT_EQ(test::read_file(bytes).movie->duration, 0x1234U);
}

TEST(InitSegment, OfATrackWithoutConfigurationIsRefused) {
    TrackSetup const setup{.track = {media::H264Config{}}};
    auto const written = write_init_segment({&setup, 1});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().message, "H264 track has no parameter sets");
}

}  // namespace
}  // namespace tidegate::mp4
