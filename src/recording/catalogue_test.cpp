#include "recording/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "recording/recorded_ranges.hpp"
#include "recording/test_recordings.hpp"

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using test::at;
using testing::EndsWith;
using testing::StartsWith;

class Catalogue : public testing::Test {
protected:
    test::Folder folder_;
    PathTemplate files_ = folder_.files();

    void record(double from, test::Recording recording = {}, std::string const& path = "live/a") {
        recording.from = from;
        test::write(files_.file(path, at(from)), recording);
    }
    // The starts of the segments, or the error.
    std::string segments(Window const& window, std::string const& path = "live/a") {
        auto const found = find_segments(files_, path, window);
        if (!found) return found.error().message;
        std::string text;
        for (auto const& segment : *found) {
            text += std::to_string((segment.start - at(0)) / std::chrono::seconds{1}) + " ";
        }
        return text;
    }
    std::string ranges(Window const& window = {}) {
        auto const found = find_ranges(files_, "live/a", window);
        if (!found) return found.error().message;
        std::string text;
        for (auto const& range : *found) {
            text += std::to_string((range.start - at(0)) / std::chrono::milliseconds{1}) + "+" +
                    std::to_string(range.duration / std::chrono::milliseconds{1}) + " ";
        }
        return text;
    }
};

// The cleaner removes empty folders, and recorders make them again.
TEST_F(Catalogue, FoldersThatGoMeanwhileHideNothingElse) {
    constexpr int kFolders = 50;
    for (int i = 0; i < kFolders; ++i) record(i, {.seconds = 1}, "stays/" + std::to_string(i));
    std::jthread const others([&](std::stop_token const& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            auto const folder = folder_.path() / ("goes" + std::to_string(i % 20));
            fs::create_directories(folder / "a" / "b");
            fs::remove_all(folder);
        }
    });
    for (int i = 0; i < 300; ++i) ASSERT_EQ(find_all(files_).size(), std::size_t{kFolders});
}

TEST_F(Catalogue, FindsTheSegmentsOfOnePathInOrder) {
    for (auto const from : {8.0, 0.0, 4.0}) record(from);
    record(1, {}, "live/a/b");
    record(2, {}, "live");
    EXPECT_EQ(segments({}), "0 4 8 ");
    EXPECT_EQ(segments({.start = at(5)}), "4 8 ");
    EXPECT_EQ(segments({.start = at(4)}), "4 8 ");
    EXPECT_EQ(segments({.start = at(-1)}), "0 4 8 ");
    EXPECT_EQ(segments({.start = at(99)}), "8 ");
    EXPECT_EQ(segments({.end = at(4)}), "0 4 ");
    EXPECT_EQ(segments({.start = at(5), .end = at(6)}), "4 ");
    EXPECT_EQ(segments({.end = at(-1)}), "no recording segments found");
    EXPECT_THAT(segments({}, "none"), StartsWith("lstat /"));
    EXPECT_THAT(segments({}, "none"), EndsWith("/none: no such file or directory"));
}

TEST_F(Catalogue, LeavesOutWhatIsNoRecording) {
    record(0);
    auto const file = files_.file("live/a", at(0));
    std::ofstream(file.parent_path() / "notes.txt") << "x";
    fs::create_directory(files_.file("live/a", at(1)));
    fs::create_symlink(file, files_.file("live/a", at(2)));
    fs::create_directory_symlink(file.parent_path(), folder_.path() / "live" / "b");
    EXPECT_EQ(segments({}), "0 ");
    auto const all = find_all(files_);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.begin()->first, "live/a");
    EXPECT_TRUE(find_all(test::Folder().files()).empty());
}

TEST_F(Catalogue, DeletesOneSegmentAndNothingElse) {
    record(0);
    record(4);
    EXPECT_TRUE(delete_segment(files_, "live/a", at(4)));
    EXPECT_EQ(segments({}), "0 ");
    EXPECT_THAT(delete_segment(files_, "live/a", at(4)).error(),
                EndsWith(": no such file or directory"));
    auto const file = files_.file("live/a", at(0));
    auto const link = files_.file("live/a", at(9));
    fs::create_symlink(file, link);
    EXPECT_FALSE(delete_segment(files_, "live/a", at(9)));
    fs::create_directory_symlink(file.parent_path(), folder_.path() / "live" / "b");
    EXPECT_FALSE(delete_segment(files_, "live/b", at(0)));
    EXPECT_FALSE(delete_segment(files_, "live/../../x", at(0)));
    fs::create_directory(files_.file("live/a", at(5)));
    EXPECT_THAT(delete_segment(files_, "live/a", at(5)).error(), EndsWith(": is a directory"));
    EXPECT_TRUE(fs::exists(file) && fs::is_symlink(link));
}

TEST_F(Catalogue, JoinsWhatOneRecorderHasWritten) {
    record(0, {.number = 0});
    record(4, {.number = 1});
    record(8, {.number = 3});
    record(12, {.number = 0, .run = 2});
    EXPECT_EQ(ranges(), "0+8000 8000+4000 12000+4000 ");
    EXPECT_EQ(ranges({.start = at(5), .end = at(9.5)}), "5000+3000 8000+1500 ");
    EXPECT_EQ(ranges({.start = at(17)}), "no recording segments found");
}

TEST_F(Catalogue, JoinsFilesOfOtherRecordersByTheirTimes) {
    record(0, {.run = 0});
    record(4.9, {.run = 0});
    record(10, {.run = 0});
    EXPECT_EQ(ranges(), "0+8900 10000+4000 ");
}

TEST_F(Catalogue, BeginsAnewWhenTheCodecChanges) {
    record(0, {.number = 0});
    auto other = media::test::h264_main_360p();
    other = media::H264Config{media::test::hex("6742c00d8c8d40a0fd00f08846a0"),
                              media::test::hex("68ce3c80")};
    record(4, {.number = 1, .video = {other}});
    EXPECT_EQ(ranges(), "0+4000 4000+4000 ");
}

TEST_F(Catalogue, LeavesOutFilesThatCannotBeRead) {
    record(0, {.number = 0});
    std::ofstream(files_.file("live/a", at(-5))) << "no mp4";
    std::ofstream(files_.file("live/a", at(9))) << "";
    EXPECT_EQ(ranges(), "0+4000 ");
}

TEST_F(Catalogue, CountsTheWholePartsOfAnUnfinishedFile) {
    record(0);
    auto const file = files_.file("live/a", at(0));
    fs::resize_file(file, fs::file_size(file) - 1);
    EXPECT_EQ(ranges(), "0+3000 ");
}

}  // namespace
}  // namespace tidegate::recording
