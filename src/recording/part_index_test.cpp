// The index that the recorder writes must tell what a reader finds that visits every part.
#include "recording/part_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "recording/segment_file.hpp"
#include "recording/segment_reader.hpp"
#include "recording/stretches.hpp"
#include "recording/test_recordings.hpp"

namespace tidegate::recording {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::at;

// What is recorded: when pictures come, how often one is a key frame, and when sound comes.
struct Shape {
    char const* name;
    base::Timestamp key_interval = 1s;
    base::Timestamp pictures_end = 60s;
    base::Timestamp sound_begin = 0s;
    base::Timestamp part = 1s;
    bool has_pictures = true;
};

std::ostream& operator<<(std::ostream& out, Shape const& shape) {
    return out << shape.name;
}

media::Unit indexed_unit(std::uint16_t track, base::Timestamp dts, bool keyframe) {
    base::Bytes const bytes{0, 0, 0, 4, static_cast<std::uint8_t>(keyframe ? 0x65 : 0x41), 1, 2, 3};
    return {.track = track,
            .keyframe = keyframe,
            .pts = dts,
            .dts = dts,
            .payload = base::SharedBytes::copy_of(bytes)};
}

// A minute, as the recorder and the disk make it.
fs::path recorded_minute(PathTemplate const& files, Shape const& shape) {
    media::Tracks tracks{{media::test::aac_stereo_44100()}};
    if (shape.has_pictures) tracks.push_back({media::test::h264_main_360p()});
    auto const maker = make_segments(Format::fmp4, {.part_duration = shape.part}, tracks);
    for (auto time = 0ms; time < 60s; time += 40ms) {
        if (shape.has_pictures && time < shape.pictures_end) {
            bool const key = time % shape.key_interval == 0ms;
            EXPECT_TRUE(maker->push(indexed_unit(1, time, key), WallTime{}));
        }
        if (time >= shape.sound_begin) {
            EXPECT_TRUE(maker->push(indexed_unit(0, time, true), WallTime{}));
        }
    }
    EXPECT_TRUE(maker->finish());
    auto file = SegmentFile::create(files, Format::fmp4, "a", at(0));
    for (auto const& piece : maker->take()) {
        if (!piece.bytes.parts.empty()) EXPECT_TRUE(file->write(piece.bytes));
    }
    EXPECT_TRUE(file->finish(60s));
    return file->name();
}

SegmentReader open_segment(fs::path const& file) {
    auto reader = SegmentReader::open(file);
    EXPECT_TRUE(reader);
    return std::move(*reader);
}

class PartIndexTest : public testing::TestWithParam<Shape> {
protected:
    test::Folder folder_;
    fs::path const file_ = recorded_minute(folder_.files(), GetParam());
};

TEST_P(PartIndexTest, TellsWhatAWalkFinds) {
    auto reader = open_segment(file_);
    auto const* const index = reader.index();
    ASSERT_NE(index, nullptr);
    Stretches indexed;
    read_on(indexed, reader);
    EXPECT_TRUE(indexed.finished);

    // The same file without its index.
    fs::resize_file(file_, index->parts.back().place.end);
    auto walking = open_segment(file_);
    EXPECT_EQ(walking.index(), nullptr);
    Stretches walked;
    read_on(walked, walking);
    EXPECT_EQ(indexed.cuts, walked.cuts);
    EXPECT_EQ(indexed.end, walked.end);
    EXPECT_EQ(indexed.read_to, walked.read_to);
    auto const parts = walking.parts();
    ASSERT_EQ(index->parts.size(), parts.size());
    EXPECT_GT(parts.size(), 10U);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        EXPECT_EQ(index->parts[i].place, parts[i]);
        EXPECT_EQ(index->parts[i].begin, *walking.begin_of(i));
    }
    EXPECT_EQ(reader.parts().size(), parts.size());
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, PartIndexTest,
    testing::Values(Shape{.name = "usual"}, Shape{.name = "few_keys", .key_interval = 30s},
                    Shape{.name = "long_parts", .key_interval = 2s, .part = 5s},
                    Shape{.name = "pictures_end", .pictures_end = 20s},
                    Shape{.name = "late_sound", .sound_begin = 30s},
                    Shape{.name = "sound_alone", .has_pictures = false}),
    [](auto const& info) { return std::string(info.param.name); });

TEST(PartIndex, IsReadAsItWasWritten) {
    constexpr std::uint64_t kFar = 5'000'000'000;
    PartIndex const small{.parts = {{{700, 900, 100}, -1s}}, .cuts = {{700, 900, 0s}}, .end = 0s};
    PartIndex const far{.parts = {{{kFar, kFar + 900, 100}, 0s}, {{kFar + 900, kFar + 950, 8}, 1s}},
                        .cuts = {{kFar, kFar + 900, 40ms}, {kFar, kFar + 900, 4s}},
                        .end = 6s};
    for (auto const& one : {small, far}) {
        auto const bytes = write_index(one);
        EXPECT_EQ(index_size(bytes.view()), bytes.size());
        EXPECT_EQ(read_index(bytes.view(), one.parts.back().place.end), one);
        EXPECT_FALSE(read_index(bytes.view(), one.parts.back().place.end + 1)) << "of another file";
    }
}

TEST(PartIndex, IsNotTakenWhenItIsCutOffOrChanged) {
    PartIndex const index{.parts = {{{700, 900, 100}, 0s}, {{900, 1000, 50}, 1s}},
                          .cuts = {{700, 900, 0s}},
                          .end = 2s};
    auto const bytes = write_index(index);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(read_index(bytes.view().first(size), 1000)) << size;
        EXPECT_FALSE(read_index(bytes.view().last(size), 1000)) << size;
    }
    // A disk that lost its power may have some blocks of zeros.
    for (std::size_t from = 0; from < bytes.size(); ++from) {
        base::Bytes torn(bytes.view().begin(), bytes.view().end());
        std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.end(), std::uint8_t{0});
        EXPECT_FALSE(read_index(torn, 1000)) << from;
    }
    base::Bytes other(bytes.view().begin(), bytes.view().end());
    for (auto& byte : other) {
        byte ^= 0x80;
        if (auto const read = read_index(other, 1000)) {
            EXPECT_EQ(read->parts.size(), 2U);
            EXPECT_EQ(read->parts[1].place.end, 1000U);
        }
        byte ^= 0x80;
    }
}

}  // namespace
}  // namespace tidegate::recording
