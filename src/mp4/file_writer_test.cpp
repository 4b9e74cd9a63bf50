#include "mp4/file_writer.hpp"

#include <gtest/gtest.h>

#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::full_box;
using test::hex;
using test::to_hex;
using test::u32;

// One box of a header, wherever it lies in it.
std::string box_in(base::SharedBytes const& header, std::string_view type) {
    auto const text = base::as_text(header.view());
    auto const at = text.find(type);
    if (at == std::string_view::npos) return "";
    auto const size = base::ByteReader(header.view().subspan(at - 4)).u32();
    return to_hex(header.view().subspan(at - 4, size));
}

FileTrack video(std::span<FileSample const> samples, std::int64_t start = 0) {
    return {{.id = 1, .track = {media::test::h264_main_360p()}}, start, samples};
}
FileTrack audio(std::span<FileSample const> samples, std::int64_t start = 0) {
    return {{.id = 2, .track = {media::test::aac_stereo_44100()}}, start, samples};
}

// Two groups of pictures with one that is shown before it is decoded, 30 a second.
constexpr FileSample kVideo[] = {
    {3000, 3000, 100, true}, {3000, 6000, 50, false}, {3000, 0, 20, false}, {3000, 3000, 90, true}};
constexpr FileSample kAudio[] = {{1024, 0, 7, true},
                                 {1024, 0, 8, true},
                                 {1024, 0, 9, true},
                                 {1024, 0, 7, true},
                                 {1000, 0, 7, true}};

base::Bytes whole(std::span<FileTrack const> tracks) {
    auto const file = write_file_header(tracks);
    base::Bytes bytes(file->header.view().begin(), file->header.view().end());
    bytes.resize(static_cast<std::size_t>(file->size), 0xaa);
    return bytes;
}

TEST(FileWriter, HasTheseTables) {
    FileTrack const tracks[] = {video(kVideo, -3000), audio(kAudio)};
    auto const file = write_file_header(tracks);
    ASSERT_TRUE(file);
    struct Case {
        char const* type;
        base::Bytes bytes;  // of the first one, the video's
    };
    auto const data = static_cast<std::uint32_t>(file->header.size());
    // Video: -33 0 33 67 ms; audio: 0 23 46 70 93 ms. So the order is v av a v a v aa.
    Case const cases[] = {
        {"ftyp", test::box("ftyp", {hex("69736f6d 00000001 69736f6d 69736f32 6d703431 6d703432")})},
        {"elst", full_box("elst", 0, {u32(1), u32(133), u32(3000), u32(0x10000)})},
        {"stts", full_box("stts", 0, {u32(1), u32(4), u32(3000)})},
        {"stss", full_box("stss", 0, {u32(2), u32(1), u32(4)})},
        {"ctts", full_box("ctts", 0x01000000,
                          {hex("00000004 00000001 00000bb8 00000001 00001770"),
                           hex("00000001 00000000 00000001 00000bb8")})},
        {"stsc",
         full_box("stsc", 0,
                  {hex("00000002 00000001 00000002 00000001"), hex("00000002 00000001 00000001")})},
        {"stsz", full_box("stsz", 0, {u32(0), u32(4), u32(100), u32(50), u32(20), u32(90)})},
        {"stco", full_box("stco", 0, {u32(3), u32(data), u32(data + 165), u32(data + 194)})},
    };
    for (auto const& c : cases) EXPECT_EQ(box_in(file->header, c.type), to_hex(c.bytes)) << c.type;
    EXPECT_EQ(file->size, data + 298U);
}

TEST(FileWriter, OrdersSamplesOfAllTracksByTheirDecodeTime) {
    FileTrack const tracks[] = {video(kVideo, -3000), audio(kAudio)};
    std::string order;
    for (FileOrder places(tracks); auto const place = places.next();) {
        order += (place->track == 0 ? "v" : "a") + std::to_string(place->sample) + " ";
    }
    EXPECT_EQ(order, "v0 v1 a0 a1 v2 a2 v3 a3 a4 ");
}

TEST(FileWriter, EditListsPlaceEachTrackInTheMovie) {
    struct Case {
        char const* name;
        std::int64_t start;
        bool reordered;
        char const* rows;  // duration, media time, of the edit list
    };
    Case const cases[] = {
        {"shown from the first", 0, false, "00000001 00000085 00000000 00010000"},
        {"later", 9000, false, "00000002 00000064 ffffffff 00010000 00000085 00000000 00010000"},
        {"its beginning is not shown", -6000, false, "00000001 00000042 00001770 00010000"},
        {"decoded before 0, shown at 0", -3000, true, "00000001 00000085 00000bb8 00010000"},
        {"reordered, later", 6000, true,
         "00000002 00000064 ffffffff 00010000 00000085 00000bb8 00010000"},
    };
    for (auto const& c : cases) {
        FileSample samples[4];
        std::ranges::copy(kVideo, samples);
        for (auto& sample : samples) {
            if (!c.reordered) sample.composition_offset = 0;
        }
        auto const track = video(samples, c.start);
        auto const file = write_file_header({&track, 1});
        EXPECT_EQ(box_in(file->header, "elst"), to_hex(full_box("elst", 0, {hex(c.rows)})))
            << c.name;
        auto const read = test::read_file(whole({&track, 1}));
        ASSERT_EQ(read.samples.size(), 4U) << c.name << read.error;
        EXPECT_EQ(read.samples[0].sample.dts, c.start) << c.name;
        EXPECT_EQ(read.samples[3].sample.dts, c.start + 9000) << c.name;
    }
}

TEST(FileWriter, IsReadBack) {
    FileTrack const tracks[] = {video(kVideo, -3000), audio(kAudio, 44'100)};
    auto const bytes = whole(tracks);
    auto const read = test::read_file(bytes);
    ASSERT_TRUE(read.movie) << read.error;
    EXPECT_FALSE(read.movie->fragmented);
    ASSERT_EQ(read.samples.size(), 9U);
    std::size_t sizes = 0;
    std::int64_t dts = -3000;
    for (std::size_t i = 0; i < 9; ++i) {
        auto const& [track, sample] = read.samples[i];
        auto const& wanted = i < 4 ? kVideo[i] : kAudio[i - 4];
        if (i == 4) dts = 44'100;
        EXPECT_EQ(track, i < 4 ? 0U : 1U);
        EXPECT_EQ(sample.dts, dts);
        EXPECT_EQ(sample.pts, dts + wanted.composition_offset);
        EXPECT_EQ(sample.size, wanted.size);
        EXPECT_EQ(sample.sync, wanted.sync);
        EXPECT_LE(sample.offset + sample.size, bytes.size());
        sizes += sample.size;
        dts += wanted.duration;
    }
    EXPECT_EQ(read.movie->tracks[0].duration, 12'000U);
    EXPECT_EQ(read.movie->duration, 1115U);  // one second late, 115 ms long
    EXPECT_EQ(sizes + static_cast<std::size_t>(read.samples[0].sample.offset), bytes.size());
}

TEST(FileWriter, OffsetsBeyond32BitsHave64) {
    std::vector<FileSample> samples(300, {3000, 0, 1U << 24, true});
    FileTrack const tracks[] = {video(samples), audio(kAudio)};
    auto const file = write_file_header(tracks);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size, file->header.size() + (300ULL << 24) + 38);
    EXPECT_EQ(box_in(file->header, "stco"), "");
    // The size of mdat stands behind its type.
    auto const end = to_hex(file->header.view().subspan(file->header.size() - 16));
    EXPECT_EQ(end, "000000016d646174000000012c000036");
    // What follows is never read.
    FileReader reader(file->size);
    std::optional<Movie> movie;
    while (auto const range = reader.wanted()) {
        auto const at = static_cast<std::size_t>(range->offset);
        auto bytes =
            file->header.view().subspan(at, std::min(range->size, file->header.size() - at));
        ASSERT_TRUE(reader.feed(bytes));
    }
    ASSERT_NE(reader.movie(), nullptr);
    SampleReader read(reader.movie()->tracks[0].samples);
    std::optional<Sample> last;
    while (auto const sample = read.next()) last = sample;
    ASSERT_TRUE(last);
    EXPECT_EQ(last->offset, file->header.size() + (299ULL << 24) + 38);
}

TEST(FileWriter, JustBelowAndAbove4GiB) {
    // The last chunk's offset fits 32 bits as long as the whole file does.
    for (std::uint32_t const last : {(1U << 24) - 2000, (1U << 24) - 600, 1U << 24}) {
        std::vector<FileSample> samples(256, {3000, 0, 1U << 24, true});
        samples.back().size = last;
        auto const track = video(samples);
        auto const file = write_file_header({&track, 1});
        auto const large = file->size > 0xffffffffULL;
        EXPECT_EQ(box_in(file->header, "co64").empty(), !large) << last << " " << file->size;
    }
}

TEST(FileWriter, DurationsBeyond32BitsHave64) {
    std::vector<FileSample> samples(2, {0xffffffff, 0, 1, true});
    auto const track = video(samples);
    auto const file = write_file_header({&track, 1});
    EXPECT_EQ(box_in(file->header, "mdhd").substr(16, 8), "01000000");
    base::Bytes bytes(file->header.view().begin(), file->header.view().end());
    bytes.resize(bytes.size() + 2);
    EXPECT_EQ(test::read_file(bytes).movie->tracks[0].duration, 0x1fffffffeU);
}

TEST(FileWriter, TakesAnOtherOrderOfTheSamples) {
    FileTrack const tracks[] = {video(kVideo), audio(kAudio)};
    FileChunk const chunks[] = {{1, 2}, {0, 3}, {1, 3}, {0, 1}};
    auto const file = write_file_header(tracks, chunks);
    ASSERT_TRUE(file);
    base::Bytes bytes(file->header.view().begin(), file->header.view().end());
    bytes.resize(static_cast<std::size_t>(file->size));
    std::string found;
    for (auto const& [track, sample] : test::read_file(bytes).samples) {
        found +=
            std::to_string(track) + ":" + std::to_string(sample.offset - file->header.size()) + " ";
    }
    EXPECT_EQ(found, "0:15 0:115 0:165 0:208 1:0 1:7 1:185 1:194 1:201 ");
    EXPECT_EQ(file->size, file->header.size() + 15 + 170 + 23 + 90);
}

TEST(FileWriter, TracksWithoutSamplesAreFine) {
    FileTrack const tracks[] = {video({}), audio(kAudio)};
    auto const read = test::read_file(whole(tracks));
    ASSERT_TRUE(read.movie) << read.error;
    EXPECT_EQ(read.movie->tracks.size(), 2U);
    EXPECT_EQ(read.samples.size(), 5U);
    EXPECT_FALSE(write_file_header({}));
}

TEST(FileWriter, ATrackWithoutConfigurationIsRefused) {
    FileTrack const tracks[] = {audio(kAudio),
                                {{.id = 3, .track = {media::H265Config{}}}, 0, kVideo}};
    auto const file = write_file_header(tracks);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().message, "H265 track has no parameter sets");
}

}  // namespace
}  // namespace tidegate::mp4
