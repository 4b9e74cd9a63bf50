#include "recording/clip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "mp4/test_bytes.hpp"
#include "recording/clip_stream.hpp"
#include "recording/test_recordings.hpp"

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::at;

class ClipTest : public testing::Test {
protected:
    test::Folder folder_;
    PathTemplate files_ = folder_.files();

    void record(double from, test::Recording recording = {}) {
        recording.from = from;
        test::write(files_.file("a", at(from)), recording);
    }
    ClipAsk ask(double from, double seconds) {
        return {files_, "a", at(from), milliseconds(static_cast<int>(seconds * 1000))};
    }
    static void append(base::Bytes& bytes, ClipPiece const& piece) {
        bytes.insert(bytes.end(), piece.head.view().begin(), piece.head.view().end());
        for (auto const& source : piece.sources) {
            auto const begin = bytes.size();
            bytes.resize(begin + source.size);
            EXPECT_TRUE(source.file->read(source.offset, std::span(bytes).subspan(begin)));
        }
    }
    base::Bytes fragments(ClipAsk asked) {
        base::Bytes bytes;
        auto clip = ClipFragments::open(std::move(asked));
        if (!clip) return bytes;
        while (auto piece = clip->next()) {
            if (!*piece) return bytes;
            append(bytes, **piece);
        }
        ADD_FAILURE() << "a piece could not be read";
        return bytes;
    }
    // The pictures with their times in milliseconds: "v4@-100 v5@0 ". With a duration of 0: "v4!".
    static std::string pictures(base::Bytes const& bytes) {
        auto const read = mp4::test::read_file(bytes);
        EXPECT_TRUE(read.error.empty() && !read.broken_fragment) << read.error;
        std::string text;
        for (auto const& [track, sample] : read.samples) {
            if (track != 0) continue;
            auto const payload =
                base::as_text(base::ByteView(bytes).subspan(sample.offset, sample.size));
            text += std::string(payload.substr(0, payload.find(';')));
            text += sample.duration == 0 ? "!" : "@" + std::to_string(sample.pts / 90) + " ";
        }
        return text;
    }
    static std::size_t sounds(base::Bytes const& bytes) {
        std::size_t count = 0;
        for (auto const& [track, sample] : mp4::test::read_file(bytes).samples) {
            if (track == 1) ++count;
        }
        return count;
    }
};

TEST_F(ClipTest, BeginsAtTheStartWithTheKeyFrameBefore) {
    record(0);
    EXPECT_EQ(pictures(fragments(ask(1, 0.3))), "v10@0 v11@100 v12@200 ");
    EXPECT_EQ(pictures(fragments(ask(1.2, 0.2))), "v10!v11!v12@0 v13@100 ");
    EXPECT_EQ(pictures(fragments(ask(1.25, 0.2))), "v10!v11!v12!v13@50 v14@150 ");
    EXPECT_EQ(pictures(fragments(ask(1.95, 0.2))),
              "v20@50 v21@150 ");  // the first that is shown is a key frame
    EXPECT_EQ(pictures(fragments(ask(3.8, 9))), "v30!v31!v32!v33!v34!v35!v36!v37!v38@0 v39@100 ");
    EXPECT_EQ(pictures(fragments(ask(-0.2, 0.4))), "v0@200 v1@300 ");
    EXPECT_EQ(pictures(fragments(ask(4.5, 1))), "");
    EXPECT_EQ(pictures(fragments(ask(1, 0))), "");
    EXPECT_EQ(pictures(fragments(ask(1, -1))), "");
}

TEST_F(ClipTest, LooksForTheKeyFrameInThePartsBefore) {
    record(0, {.seconds = 12, .key_interval = 10});
    auto const text = pictures(fragments(ask(9.7, 0.4)));
    EXPECT_TRUE(text.starts_with("v0!v1!v2!")) << text;
    EXPECT_TRUE(text.ends_with("v96!v97@0 v98@100 v99@200 v100@300 ")) << text;
}

TEST_F(ClipTest, HasAllSoundFromTheStartOn) {
    record(0);
    EXPECT_EQ(sounds(fragments(ask(0, 4))), 172U);
    EXPECT_EQ(sounds(fragments(ask(1.5, 1))), 43U);
}

TEST_F(ClipTest, GoesOnInTheNextSegmentOfTheRecorder) {
    record(0, {.seconds = 2, .number = 7});
    record(2, {.seconds = 2, .number = 8});
    record(4, {.seconds = 2, .number = 10});  // one is missing
    EXPECT_EQ(pictures(fragments(ask(1.8, 0.4))),
              "v10!v11!v12!v13!v14!v15!v16!v17!v18@0 v19@100 v20@200 v21@300 ");
    auto const all = pictures(fragments(ask(0, 60)));
    EXPECT_TRUE(all.ends_with("v39@3900 ")) << all;
}

TEST_F(ClipTest, SeesWhatIsWrittenMeanwhile) {
    record(0, {.seconds = 4, .number = 0});
    auto const file = files_.file("a", at(0));
    auto const whole = fs::file_size(file);
    base::Bytes saved(whole);
    ASSERT_TRUE((*RecordedFile::open(file))->read(0, saved));
    fs::resize_file(file, whole / 2);
    auto clip = ClipFragments::open(ask(0, 60));
    ASSERT_TRUE(clip);
    base::Bytes bytes;
    append(bytes, **clip->next());
    std::ofstream(file, std::ios::binary | std::ios::in) << base::as_text(saved);
    record(4, {.seconds = 1, .number = 1});
    while (auto piece = clip->next()) {
        if (!*piece) break;
        append(bytes, **piece);
    }
    EXPECT_TRUE(pictures(bytes).ends_with("v48@4800 v49@4900 "));
}

TEST_F(ClipTest, PlainFilesShowTheSamePictures) {
    record(0, {.seconds = 2, .number = 0});
    record(2, {.seconds = 2, .number = 1});
    auto const file = clip_file(ask(1.25, 1));
    ASSERT_TRUE(file) << file.error().message;
    base::Bytes bytes;
    append(bytes, *file);
    EXPECT_EQ(bytes.size(), file->size());
    EXPECT_EQ(pictures(bytes),
              "v10@-250 v11@-150 v12@-50 v13@50 v14@150 v15@250 v16@350 v17@450 v18@550 v19@650 "
              "v20@750 v21@850 v22@950 ");
    EXPECT_EQ(clip_file(ask(30, 1)).error().kind, CatalogueError::Kind::none_found);
}

TEST_F(ClipTest, RefusesFilesThatLie) {
    auto const file = files_.file("a", at(0));
    auto const problem = [&](base::Bytes const& bytes) {
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << base::as_text(bytes);
        auto const clip = ClipFragments::open(ask(0, 9));
        return clip ? std::string("fine") : clip.error().message;
    };
    record(0, {.seconds = 1});
    base::Bytes good(fs::file_size(file));
    ASSERT_TRUE((*RecordedFile::open(file))->read(0, good));
    EXPECT_EQ(problem(good), "fine");
    EXPECT_THAT(problem({}), testing::HasSubstr("moov box not found"));
    auto const moov = std::string_view(base::as_text(good)).find("moov") - 4;
    auto broken = good;
    broken[moov] = 0x7f;  // larger than the file
    EXPECT_THAT(problem(broken), testing::HasSubstr("moov box not found"));
    // The first sample claims to be larger than its part.
    auto const trun = std::string_view(base::as_text(good)).find("trun");
    broken = good;
    broken[trun + 4 + 4 + 4 + 4 + 4] = 0x7f;
    EXPECT_EQ(problem(broken), "sample is not in its part");
    auto const tfdt = std::string_view(base::as_text(good)).find("tfdt");
    broken = good;
    broken[tfdt] = 'x';
    EXPECT_EQ(problem(broken), "tfdt box not found");
}

}  // namespace
}  // namespace tidegate::recording
