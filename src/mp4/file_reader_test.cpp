#include "mp4/file_reader.hpp"

#include <gtest/gtest.h>

#include "mp4/init_segment.hpp"
#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::box;
using test::full_box;
using test::hex;
using test::u32;

base::Bytes init(std::vector<TrackSetup> const& setups) {
    auto const bytes = write_init_segment(setups);
    return {bytes->view().begin(), bytes->view().end()};
}

base::Bytes two_tracks() {
    return init({{.id = 1, .track = {media::test::h264_main_360p()}},
                 {.id = 2, .track = {media::test::aac_stereo_44100()}}});
}

base::Bytes moof(std::initializer_list<base::Bytes> trafs) {
    return box("moof", {full_box("mfhd", 0, {u32(1)}), test::joined_bytes(trafs)});
}

// dts pts duration offset size sync, relative to the end of `init`, a line a sample.
std::string samples_of(base::Bytes const& start, base::Bytes const& rest) {
    auto const file = test::joined_bytes({start, rest});
    auto const read = test::read_file(file);
    std::string text;
    for (auto const& [track, sample] : read.samples) {
        text += std::to_string(track) + ": ";
        auto const offset = static_cast<std::int64_t>(sample.offset - start.size());
        for (auto const value : {sample.dts, sample.pts, std::int64_t{sample.duration}, offset,
                                 std::int64_t{sample.size}})
            text += std::to_string(value) + " ";
        text += sample.sync ? "k\n" : "-\n";
    }
    return text + read.error + (read.broken_fragment ? "broken" : "");
}

struct Case {
    char const* name;
    base::Bytes rest;
    char const* samples;
};

TEST(FragmentReader, ReadsEveryWayToSayWhereDataLies) {
    auto const tfdt = full_box("tfdt", 0, {u32(70)});
    auto const two_rows = hex("0000000a 00000003 0000000b 00000004");
    Case const cases[] = {
        {"from the moof",
         moof({box("traf", {full_box("tfhd", 0x020000, {u32(1)}), tfdt,
                            full_box("trun", 0x301, {u32(2), u32(900), two_rows})})}),
         "0: 70 70 10 900 3 k\n0: 80 80 11 903 4 k\n"},
        {"from the start of the file",
         moof({box("traf", {full_box("tfhd", 0x1, {u32(1), hex("0000000000100000")}), tfdt,
                            full_box("trun", 0x301, {u32(1), u32(5), hex("0000000a 00000003")})})}),
         "0: 70 70 10 1047272 3 k\n"},
        {"nothing said: the first track from the moof, the second behind the first",
         moof({box("traf", {full_box("tfhd", 0, {u32(1)}), tfdt,
                            full_box("trun", 0x301, {u32(2), u32(900), two_rows})}),
               box("traf", {full_box("tfhd", 0, {u32(2)}), tfdt,
                            full_box("trun", 0x300, {u32(2), two_rows})})}),
         "0: 70 70 10 900 3 k\n0: 80 80 11 903 4 k\n1: 70 70 10 907 3 k\n1: 80 80 11 910 4 k\n"},
        {"two runs, the second behind the first",
         moof({box("traf", {full_box("tfhd", 0x020000, {u32(1)}), tfdt,
                            full_box("trun", 0x301, {u32(1), u32(900), hex("0000000a 00000003")}),
                            full_box("trun", 0x300, {u32(1), hex("0000000b 00000004")})})}),
         "0: 70 70 10 900 3 k\n0: 80 80 11 903 4 k\n"},
        {"a negative offset",
         moof({box("traf", {full_box("tfhd", 0x020000, {u32(1)}), tfdt,
                            full_box("trun", 0x301,
                                     {u32(1), u32(static_cast<std::uint32_t>(-8)),
                                      hex("0000000a 00000003")})})}),
         "0: 70 70 10 -8 3 k\n"},
        {"an unknown track is passed over",
         moof({box("traf", {full_box("tfhd", 0, {u32(7)}), tfdt,
                            full_box("trun", 0x301, {u32(2), u32(900), two_rows})}),
               box("traf", {full_box("tfhd", 0x10, {u32(8), u32(100)}), tfdt,
                            full_box("trun", 0x100, {u32(2), hex("0000000a 0000000a")})}),
               box("traf", {full_box("tfhd", 0, {u32(2)}), tfdt,
                            full_box("trun", 0x300, {u32(1), hex("0000000a 00000003")})})}),
         "1: 70 70 10 1107 3 k\n"},
    };
    // 1 MiB less what stands in front of it: see the second case.
    auto const start = two_tracks();
    for (auto const& c : cases) {
        std::string wanted = c.samples;
        auto const at = wanted.find("1047272");
        if (at != std::string::npos)
            wanted.replace(at, 7, std::to_string(0x100000 + 5 - start.size()));
        EXPECT_EQ(samples_of(start, c.rest), wanted) << c.name;
    }
}

TEST(FragmentReader, ReadsDefaultsAndFlags) {
    auto const tfdt = full_box("tfdt", 0x01000000, {hex("0000000100000000")});
    Case const cases[] = {
        {"all by default",
         moof({box("traf", {full_box("tfhd", 0x020038, {u32(1), u32(10), u32(3), u32(0x10000)}),
                            tfdt, full_box("trun", 0x1, {u32(2), u32(0)})})}),
         "0: 4294967296 4294967296 10 0 3 -\n0: 4294967306 4294967306 10 3 3 -\n"},
        {"but the first one's flags",
         moof({box("traf",
                   {full_box("tfhd", 0x02003a, {u32(1), u32(1), u32(10), u32(3), u32(0x10000)}),
                    tfdt, full_box("trun", 0x5, {u32(2), u32(0), u32(0x2000000)})})}),
         "0: 4294967296 4294967296 10 0 3 k\n0: 4294967306 4294967306 10 3 3 -\n"},
        {"flags and offsets for each, version 0 with a negative one",
         moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}), tfdt,
                            full_box("trun", 0xc01,
                                     {u32(2), u32(0), hex("00000000 00000005"),
                                      hex("00010000 fffffffe")})})}),
         "0: 4294967296 4294967301 10 0 3 k\n0: 4294967306 4294967304 10 3 3 -\n"},
        {"without a time the next fragment goes on",
         test::joined_bytes(
             {moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}),
                                 full_box("trun", 0x1, {u32(2), u32(0)})})}),
              moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}),
                                 full_box("trun", 0x1, {u32(1), u32(0)})})})}),
         "0: 0 0 10 0 3 k\n0: 10 10 10 3 3 k\n0: 20 20 10 76 3 k\n"},
    };
    auto const start = two_tracks();
    for (auto const& c : cases) EXPECT_EQ(samples_of(start, c.rest), c.samples) << c.name;
}

TEST(FragmentReader, ABrokenFragmentGivesWhatIsWholeAndSaysSo) {
    auto const run = [](base::Bytes trun) {
        return moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}), trun})});
    };
    Case const cases[] = {
        {"no header", moof({box("traf", {full_box("trun", 0x1, {u32(1), u32(0)})})}), "broken"},
        {"rows are cut", run(full_box("trun", 0x301, {u32(2), u32(0), hex("0000000a 00000003")})),
         "broken"},
        {"too many for no rows", run(full_box("trun", 0x1, {u32(0xffffffff), u32(0)})), "broken"},
        {"a box is cut", box("moof", {full_box("mfhd", 0, {u32(1)}), hex("00000020 74726166")}),
         "broken"},
        {"no samples", run(full_box("trun", 0x1, {u32(0), u32(0)})), ""},
        {"no tracks", moof({}), ""},
        {"an offset that overflows",
         moof({box("traf",
                   {full_box("tfhd", 0x19, {u32(1), hex("fffffffffffffffe"), u32(10), u32(3)}),
                    full_box("trun", 0x0, {u32(1)})})}),
         "broken"},
        {"absurd time",
         moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}),
                            full_box("tfdt", 0x01000000, {hex("ffffffffffffffff")}),
                            full_box("trun", 0x1, {u32(1), u32(0)})})}),
         "broken"},
    };
    auto const start = two_tracks();
    for (auto const& c : cases) EXPECT_EQ(samples_of(start, c.rest), c.samples) << c.name;
}

TEST(FragmentReader, WhatManySmallBoxesClaimIsBounded) {
    auto const traf = box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(1), u32(1)}),
                                   full_box("trun", 0x1, {u32(kMaxFragmentSamples), u32(0)}),
                                   full_box("trun", 0x1, {u32(kMaxFragmentSamples), u32(0)})});
    auto const read = test::read_file(test::joined_bytes({two_tracks(), moof({traf})}));
    EXPECT_EQ(read.samples.size(), kMaxFragmentSamples);
    EXPECT_TRUE(read.broken_fragment);
}

TEST(FileReader, NeverAsksForMedia) {
    auto const start = two_tracks();
    auto const file = test::joined_bytes({start, box("free", {base::Bytes(100, 1)}),
                                          box("mdat", {base::Bytes(1000, 2)}), moof({}),
                                          hex("00000001 6d646174 0000000000000020"),
                                          base::Bytes(16, 3), box("mdat", {base::Bytes(5, 2)})});
    FileReader reader(file.size());
    std::size_t asked = 0;
    while (auto const range = reader.wanted()) {
        EXPECT_LE(range->offset + range->size, file.size());
        asked += range->size;
        ASSERT_TRUE(reader.feed(
            base::ByteView(file).subspan(static_cast<std::size_t>(range->offset), range->size)));
    }
    EXPECT_LE(asked, start.size() + 24 + 7 * kLargeBoxHeaderSize);
    ASSERT_NE(reader.movie(), nullptr);
}

TEST(FileReader, AFileThatIsCutEndsBeforeItsLastBox) {
    auto const start = two_tracks();
    auto const fragment = moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}),
                                             full_box("trun", 0x1, {u32(2), u32(0)})})});
    auto const file = test::joined_bytes({start, fragment, box("mdat", {base::Bytes(6, 0)})});
    for (std::size_t size = 0; size <= file.size(); ++size) {
        auto const read = test::read_file(base::ByteView(file).first(size));
        EXPECT_EQ(read.error, "") << size;
        EXPECT_EQ(read.movie.has_value(), size >= start.size()) << size;
        EXPECT_EQ(read.samples.size(), size >= start.size() + fragment.size() ? 2U : 0U) << size;
    }
}

TEST(FileReader, ABoxOfNoSizeReachesToTheEnd) {
    auto file = two_tracks();
    auto const moov = 32;  // behind ftyp
    for (int i = 0; i < 4; ++i) file[static_cast<std::size_t>(moov + i)] = 0;
    EXPECT_TRUE(test::read_file(file).movie);
}

TEST(FileReader, WhatIsBrokenIsRefusedWithAReason) {
    auto const movie = [](std::initializer_list<base::Bytes> boxes) { return box("moov", boxes); };
    auto const mvhd = full_box("mvhd", 0, {u32(0), u32(0), u32(1000), u32(0)});
    struct Refusal {
        base::Bytes file;
        char const* reason;
    };
    base::Bytes huge = hex("00000001 6d6f6f76 0000000004000001");
    huge.resize(0x4000001);
    Refusal const cases[] = {
        {hex("00000004 6d6f6f76"), "invalid box"},
        {base::Bytes(32, 'x'), ""},  // a box that is cut
        {hex("00000008 6d6f6f76"), "moov box is empty"},
        {movie({box("free", {})}), "invalid mvhd box"},
        {movie({full_box("mvhd", 0, {u32(0), u32(0), u32(0), u32(0)})}), "invalid mvhd box"},
        {movie({mvhd, hex("00000020 7472616b")}), "invalid moov box"},
        {huge, "moov box is too large"},
        {test::joined_bytes({two_tracks(), hex("00000008 6d6f6f66")}), "moof box is empty"},
    };
    for (auto const& c : cases) EXPECT_EQ(test::read_file(c.file).error, c.reason);
}

TEST(FileReader, TracksThatCannotBeReadAreNamed) {
    auto file = two_tracks();
    auto const at = base::as_text(file).find("avc1");
    file[at] = 'x';
    auto const read = test::read_file(file);
    ASSERT_TRUE(read.movie);
    ASSERT_EQ(read.movie->tracks.size(), 1U);
    EXPECT_EQ(read.movie->tracks[0].id, 2U);
    EXPECT_EQ(read.movie->skipped, std::vector<std::string>{"xvc1 is not supported"});
    EXPECT_EQ(read.movie->track_with_id(1), std::nullopt);
    EXPECT_EQ(read.movie->track_with_id(2), 0U);
}

// A movie of one track of sound, with boxes added to its track.
std::optional<Movie> movie_with(base::Bytes const& added) {
    auto const start = init({{.id = 1, .track = {media::test::aac_stereo_44100()}}});
    auto const moov = find_box(start, "moov"_box);
    auto const mvhd = find_box(moov, "mvhd"_box), trak = find_box(moov, "trak"_box);
    return test::read_file(
               box("moov", {box("mvhd", {base::Bytes(mvhd.begin(), mvhd.end())}),
                            box("trak", {added, base::Bytes(trak.begin(), trak.end())})}))
        .movie;
}

TEST(FileReader, EditListsMoveATracksTimes) {
    struct Edits {
        char const* name;
        std::uint32_t version;
        char const* rows;
        std::int64_t shift;
    };
    Edits const cases[] = {
        {"none", 0, "00000000", 0},
        {"skips 1024", 0, "00000001 00000064 00000400 00010000", -1024},
        {"pauses for a second", 0, "00000001 000003e8 ffffffff 00010000", 44'100},
        {"pauses, then skips", 0, "00000002 000003e8 ffffffff 00010000 00000064 00000400 00010000",
         44'100 - 1024},
        {"of two that show something the first counts", 0,
         "00000002 00000064 00000400 00010000 00000064 00000001 00010000", -1024},
        {"64 bits", 1, "00000001 0000000000000064 0000000100000000 00010000", -(1LL << 32)},
        {"an absurd pause", 1, "00000001 7fffffffffffffff ffffffffffffffff 00010000", 1LL << 60},
        {"an absurd skip", 1, "00000001 0000000000000001 7fffffffffffffff 00010000", -(1LL << 60)},
        {"more rows than there are", 0, "ffffffff 000003e8 ffffffff 00010000", 0},
    };
    for (auto const& c : cases) {
        auto const movie =
            movie_with(box("edts", {full_box("elst", c.version << 24, {hex(c.rows)})}));
        ASSERT_TRUE(movie) << c.name;
        EXPECT_EQ(movie->tracks.at(0).shift, c.shift) << c.name;
    }
}

TEST(FileReader, WhatAHeaderDoesNotSayIsNotGuessed) {
    auto const header = [](char const* fields, std::uint32_t version) {
        return box("mdia", {full_box("mdhd", version << 24, {hex(fields)})});
    };
    // The first mdia counts, and this one has no sample entry.
    EXPECT_EQ(movie_with(header("00000000 00000000 0000ac44 ffffffff 55c4 0000", 0))->skipped,
              std::vector<std::string>{"invalid stsd box"});
    EXPECT_EQ(movie_with(header("00000000 00000000 00000000 00000000 55c4 0000", 0))->skipped,
              std::vector<std::string>{"invalid mdhd box"});
    // All bits of a duration: not known. A language that is no three letters: not known.
    auto file = two_tracks();
    auto const mdhd = base::as_text(file).find("mdhd");
    for (auto i = mdhd + 20; i < mdhd + 24; ++i) file[i] = 0xff;
    file[mdhd + 24] = 0x7f;
    auto const movie = test::read_file(file).movie;
    EXPECT_EQ(movie->tracks[0].duration, 0U);
    EXPECT_EQ(movie->tracks[0].track.language, "");
}

TEST(FileReader, MoreTracksThanAStreamMayHaveAreLeftOut) {
    std::vector<TrackSetup> setups;
    for (std::uint32_t id = 1; id <= media::kMaxTracks + 3; ++id)
        setups.push_back({.id = id, .track = {media::OpusConfig{2}}});
    EXPECT_EQ(test::read_file(init(setups)).movie->tracks.size(), media::kMaxTracks);
}

TEST(FileReader, FlippedBitsNeverLeadOutOfTheFile) {
    auto const start = two_tracks();
    auto const fragment =
        moof({box("traf", {full_box("tfhd", 0x020018, {u32(1), u32(10), u32(3)}),
                           full_box("trun", 0x301, {u32(2), u32(0), base::Bytes(16, 1)})})});
    auto const file = test::joined_bytes({start, fragment});
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        auto changed = file;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
        auto const read = test::read_file(changed);
        EXPECT_LE(read.samples.size(), kMaxFragmentSamples);
    }
}

}  // namespace
}  // namespace tidegate::mp4
