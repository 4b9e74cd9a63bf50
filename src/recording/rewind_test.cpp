#include "recording/rewind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "mp4/test_bytes.hpp"
#include "recording/test_recordings.hpp"

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::at;

constexpr std::size_t kBoth[] = {0, 1};

template <class... Parts>
std::string joined(Parts const&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    return text.str();
}

class RewindTest : public testing::Test {
protected:
    test::Folder folder_;
    PathTemplate files_ = folder_.files();
    Rewind rewind_;
    // Nobody records, and nobody has for a long time.
    RewindAsk ask_{
        files_, "a",
        FileTime(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())) +
            std::chrono::hours{1}};

    fs::path record(double from, test::Recording recording = {}) {
        recording.from = from;
        auto const file = files_.file("a", at(from));
        test::write(file, recording);
        return file;
    }
    // The recorder is still at it: its file is not closed, and just written.
    void recording_goes_on() {
        ask_.is_recording = true;
        ask_.now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    // "0:0 0:1 | 8:0 end": the files (by their start) and numbers of the pieces, a bar at each gap.
    std::string list(double from = 0, std::size_t number = 0, FileTime until = FileTime::max()) {
        auto const found = rewind_.list(ask_, {at(from), number, {}}, until);
        if (!found) return found.error().message;
        std::string text;
        for (auto const& piece : found->pieces) {
            if (!piece.goes_on && !text.empty()) text += "| ";
            text +=
                joined(std::chrono::floor<seconds>(piece.place.file - at(0)).count(), ":",
                       piece.place.number, "+",
                       std::chrono::round<std::chrono::milliseconds>(piece.duration).count(), " ");
        }
        return text + (found->ended ? "end" : "...");
    }
    std::string find(double start) {
        auto const found = rewind_.find(ask_, at(start));
        if (!found) return found.error().message;
        return joined(std::chrono::floor<seconds>(found->place.file - at(0)).count(), ":",
                      found->place.number);
    }
    base::Bytes bytes(RewindPlace place, std::span<std::size_t const> tracks = kBoth) {
        auto const about = rewind_.about(ask_, place.file);
        EXPECT_TRUE(about);
        base::Bytes all;
        auto const init = rewind_init(**about, tracks);
        all.insert(all.end(), init->view().begin(), init->view().end());
        auto const pieces = rewind_.read(ask_, place, tracks);
        if (!pieces) return {};
        for (auto const& piece : *pieces) {
            all.insert(all.end(), piece.head.view().begin(), piece.head.view().end());
            for (auto const& source : piece.sources) {
                auto const begin = all.size();
                all.resize(begin + source.size);
                EXPECT_TRUE(source.file->read(source.offset, std::span(all).subspan(begin)));
            }
        }
        return all;
    }
    // The pictures of a stretch with their times in milliseconds: "v0@10000 v1@10100 ".
    std::string pictures(double file, std::size_t number, double origin = 10) {
        auto const all =
            bytes({at(file), number, std::chrono::microseconds(static_cast<int>(origin * 1e6))});
        if (all.empty()) return "nothing";
        auto const read = mp4::test::read_file(all);
        EXPECT_TRUE(read.error.empty() && !read.broken_fragment) << read.error;
        std::string text;
        for (auto const& [track, sample] : read.samples) {
            if (track != 0) continue;
            auto const payload =
                base::as_text(base::ByteView(all).subspan(sample.offset, sample.size));
            text += joined(payload.substr(0, payload.find(';')), "@", sample.pts / 90, " ");
        }
        return text;
    }
    std::size_t sounds(double file, std::size_t number) {
        auto const all = bytes({at(file), number, {}});
        auto const read = mp4::test::read_file(all);
        return static_cast<std::size_t>(
            std::ranges::count_if(read.samples, [](auto const& one) { return one.track == 1; }));
    }
    // When the files of a list begin on the clock of the media, in seconds.
    std::vector<double> origins() {
        std::vector<double> all;
        auto const found = rewind_.list(ask_, {at(0), 0, {}}, FileTime::max());
        for (auto const& piece : found->pieces) {
            if (piece.place.number == 0)
                all.push_back(std::chrono::duration<double>(piece.place.origin).count());
        }
        return all;
    }
};

TEST_F(RewindTest, AStretchEndsWithTheFirstKeyFrameAfterFourSeconds) {
    record(0, {.seconds = 10});
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 0:2+2000 end");
    record(20, {.seconds = 12, .key_interval = 3, .run = 2});
    EXPECT_EQ(list(20), "20:0+6000 20:1+6000 end");
}

TEST_F(RewindTest, WithoutKeyFramesAStretchIsNotEndless) {
    record(0, {.seconds = 50, .key_interval = 100});
    EXPECT_EQ(list(), "0:0+20000 0:1+20000 0:2+10000 end");
}

TEST_F(RewindTest, GapsAreToldAndFilesOfOneRunGoOn) {
    record(0, {.seconds = 4});
    record(4, {.seconds = 4, .number = 1});
    record(20, {.seconds = 4, .run = 2});
    EXPECT_EQ(list(), "0:0+4000 4:0+4000 | 20:0+4000 end");
    EXPECT_EQ(list(4), "4:0+4000 | 20:0+4000 end");
}

TEST_F(RewindTest, OtherCodecsAreAGap) {
    record(0, {.seconds = 4});
    record(4, {.seconds = 4, .number = 1, .video = {media::test::h264_720p()}});
    EXPECT_EQ(list(), "0:0+4000 | 4:0+4000 end");
}

TEST_F(RewindTest, WhatIsBeingWrittenIsNotListed) {
    record(0, {.seconds = 10});
    recording_goes_on();
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 ...");
    EXPECT_EQ(pictures(0, 2), "nothing");
    EXPECT_NE(pictures(0, 1), "nothing");
    // The next file closes it.
    record(10, {.seconds = 1, .number = 1});
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 0:2+2000 ...");
    EXPECT_NE(pictures(0, 2), "nothing");
}

TEST_F(RewindTest, AListOnlyGrows) {
    auto const file = record(0, {.seconds = 30});
    auto const whole = fs::file_size(file);
    auto const other = folder_.path() / "other";
    fs::copy_file(file, other);
    recording_goes_on();
    std::string before;
    for (std::size_t size = 2000; size <= whole; size += 97) {
        // The same file, as long as it was then.
        std::ifstream in(other, std::ios::binary);
        std::string bytes(size, '\0');
        in.read(bytes.data(), static_cast<std::streamsize>(size));
        std::ofstream(file, std::ios::binary) << bytes;
        auto now = list();
        if (now == no_segments().message) {
            EXPECT_EQ(before, "");
            continue;
        }
        now.resize(now.size() - 3);
        ASSERT_TRUE(now.starts_with(before)) << before << "then " << now;
        before = now;
    }
    EXPECT_THAT(before, testing::HasSubstr("0:5"));
}

TEST_F(RewindTest, EachSampleIsInOneStretchAndTimeGoesOn) {
    record(0, {.seconds = 9});
    record(9, {.seconds = 4, .number = 1});
    std::string text;
    std::size_t heard = 0;
    for (std::size_t i = 0; i < 3; ++i) text += pictures(0, i);
    for (std::size_t i = 0; i < 3; ++i) heard += sounds(0, i);
    text += pictures(9, 0, origins()[1]);
    heard += sounds(9, 0);
    std::string expected;
    for (int i = 0; i < 130; ++i) expected += joined("v", i, "@", 10'000 + i * 100, " ");
    EXPECT_EQ(text, expected);
    EXPECT_EQ(heard, 9 * 44'100 / 1024 + 4 * 44'100 / 1024);
}

TEST_F(RewindTest, OneTrackCanBeReadAlone) {
    record(0, {.seconds = 4});
    for (std::size_t const track : {0U, 1U}) {
        std::size_t const one[] = {track};
        auto const read = mp4::test::read_file(bytes({at(0), 0, {}}, one));
        EXPECT_EQ(read.samples.size(), track == 0 ? 40 : 172);
    }
}

TEST_F(RewindTest, AStartIsFoundOrWhatFollowsIt) {
    record(10, {.seconds = 10});
    record(40, {.seconds = 10, .run = 2});
    EXPECT_EQ(find(-100), "10:0");
    EXPECT_EQ(find(10), "10:0");
    EXPECT_EQ(find(14.5), "10:1");
    EXPECT_EQ(find(19.9), "10:2");
    EXPECT_EQ(find(25), "40:0");
    EXPECT_EQ(find(49), "40:2");
    EXPECT_EQ(find(51), "no recording segments found");
}

TEST_F(RewindTest, WhatIsRecordedNowIsTheLatestPiece) {
    ask_.is_recording = true;
    record(0, {.seconds = 10});
    ask_.now = at(11);
    EXPECT_EQ(find(9.5), "0:1");
    EXPECT_EQ(find(10.9), "0:1");
    EXPECT_EQ(find(12), "no recording segments found") << "it is in the future";
    // A new file has no piece yet.
    record(10, {.seconds = 1, .number = 1});
    EXPECT_EQ(find(10.9), "0:2");
}

TEST_F(RewindTest, ARecordingEndsWhenNobodyWritesItAndNobodyComesBack) {
    record(0, {.seconds = 10});
    ask_.now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 ...");
    ask_.now += kRewindPatience + seconds{5};
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 0:2+2000 end");
    ask_.is_recording = true;
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 ...");
}

TEST_F(RewindTest, ARecordingEndsAlsoIfItsLastFilesCannotBeRead) {
    record(0, {.seconds = 8});
    std::ofstream(files_.file("a", at(8))) << "no recording";
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 end");
    std::ofstream(
        files_.file("a", FileTime{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}}))
        << "of the future";
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 end");
    auto const later = ask_.now;
    recording_goes_on();
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 ...");
    ask_.is_recording = false;
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 ...") << "the publisher may come back";
    ask_.now = later;
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 end");
}

TEST_F(RewindTest, AListIsBounded) {
    record(0, {.seconds = 20});
    EXPECT_EQ(list(0, 0, at(8)), "0:0+4000 0:1+4000 end");
    EXPECT_EQ(list(0, 1, at(8.1)), "0:1+4000 0:2+4000 end");
    EXPECT_EQ(list(0, 0, at(20)), "0:0+4000 0:1+4000 0:2+4000 0:3+4000 0:4+4000 end");
    recording_goes_on();
    EXPECT_EQ(list(0, 0, at(16)), "0:0+4000 0:1+4000 0:2+4000 0:3+4000 end");
    record(6 * 3600 - 1, {.seconds = 8, .run = 2});
    record(6 * 3600 + 9, {.seconds = 8, .run = 3});
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 0:2+4000 0:3+4000 0:4+4000 | 21599:0+4000 end");
}

TEST_F(RewindTest, StrangersNumbersFindNothing) {
    auto const file = record(0, {.seconds = 4});
    EXPECT_EQ(list(1), "no recording segments found");
    EXPECT_EQ(list(-1), "no recording segments found");
    EXPECT_EQ(list(0, 1), "no recording segments found");
    EXPECT_EQ(list(0, 999'999), "no recording segments found");
    EXPECT_FALSE(rewind_.about(ask_, at(1)));
    EXPECT_FALSE(rewind_.read(ask_, {at(0), 1, {}}, kBoth));
    EXPECT_FALSE(rewind_.read(
        ask_, {FileTime{std::chrono::microseconds{9'999'999'999'999'999}}, 0, {}}, kBoth));
    fs::create_directories(folder_.path() / "elsewhere");
    fs::rename(file, folder_.path() / "elsewhere" / file.filename());
    fs::create_symlink(folder_.path() / "elsewhere" / file.filename(), file);
    EXPECT_FALSE(rewind_.about(ask_, at(0))) << "a link is not followed";
    fs::remove_all(file.parent_path());
    fs::create_symlink(folder_.path() / "elsewhere", file.parent_path());
    EXPECT_FALSE(rewind_.about(ask_, at(0))) << "nor in the middle of the name";
}

TEST_F(RewindTest, AnotherFileOfTheSameNameIsReadAnew) {
    record(0, {.seconds = 10});
    EXPECT_EQ(list(), "0:0+4000 0:1+4000 0:2+2000 end");
    fs::remove(files_.file("a", at(0)));
    std::ofstream(folder_.path() / "keeps the inode") << "x";
    record(0, {.seconds = 4});
    EXPECT_EQ(list(), "0:0+4000 end");
}

TEST_F(RewindTest, FilesThatCannotBeReadAreLeftOut) {
    record(0, {.seconds = 4});
    std::ofstream(files_.file("a", at(4))) << "no recording";
    record(8, {.seconds = 4, .number = 1});
    EXPECT_EQ(list(), "0:0+4000 8:0+4000 end");
    EXPECT_EQ(list(4), "no recording segments found");
    EXPECT_EQ(find(4), "8:0");
}

TEST_F(RewindTest, TheClockOfTheMediaNeverGoesBack) {
    record(0, {.seconds = 4});
    record(4.5, {.seconds = 4, .number = 1});  // of the same run: it goes on without the pause
    record(20, {.seconds = 4, .run = 2});      // after a pause
    record(23, {.seconds = 4, .run = 3});      // overlaps: somebody has set the clock
    record(30, {.seconds = 4, .run = 0});      // of no recorder that tells
    record(34, {.seconds = 4, .run = 0});
    EXPECT_EQ(list(), "0:0+4000 4:0+4000 | 20:0+4000 | 23:0+4000 | 30:0+4000 34:0+4000 end");
    EXPECT_THAT(origins(), testing::ElementsAre(10, 14.5, 30, 34, 41, 45));
}

}  // namespace
}  // namespace tidegate::recording
