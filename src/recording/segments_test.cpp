#include "recording/segments.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "mp4/test_bytes.hpp"

namespace tidegate::recording {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kBegan = 1'787'040'000s;

media::Tracks picture_and_sound() {
    return {{media::test::h264_main_360p()}, {media::test::aac_stereo_44100()}};
}

media::Unit recorded_unit(std::uint16_t track, base::Timestamp dts, bool keyframe = true,
                          std::size_t size = 8) {
    base::Bytes bytes{0, 0, 0, static_cast<std::uint8_t>(size - 4),
                      static_cast<std::uint8_t>(keyframe ? 0x65 : 0x41)};
    bytes.resize(size, static_cast<std::uint8_t>(dts / 1ms));
    return {.track = track,
            .keyframe = keyframe,
            .pts = dts,
            .dts = dts,
            .payload = base::SharedBytes::copy_of(bytes)};
}

struct RecordedFile {
    WallTime begins{};
    base::Bytes bytes;
    base::Timestamp duration{};
    bool ended = false;
    int parts = 0;
    std::uint32_t units = 0;
};

// A recording whose pieces are put together to files, as the disk does.
struct Recording {
    explicit Recording(media::Tracks const& tracks, SegmentSettings settings = {},
                       Format format = Format::fmp4)
        : maker(make_segments(format, settings, tracks)) {}

    std::string push(media::Unit const& unit) {
        auto const pushed = maker->push(unit, kBegan + unit.dts);
        gather();
        return pushed ? "" : pushed.error();
    }
    void set_track(std::size_t track, media::Track config) {
        EXPECT_TRUE(maker->set_track(track, std::move(config)));
        gather();
    }
    void finish() {
        EXPECT_TRUE(maker->finish());
        gather();
    }
    // Pictures of 25 a second with a key frame each second, and two units of sound each.
    void play(base::Timestamp from, base::Timestamp to) {
        for (auto at = from; at < to; at += 40ms) {
            EXPECT_EQ(push(recorded_unit(0, at, at % 1s == 0ms)), "");
            EXPECT_EQ(push(recorded_unit(1, at)), "");
            EXPECT_EQ(push(recorded_unit(1, at + 20ms)), "");
        }
    }
    void gather() {
        for (auto const& piece : maker->take()) {
            if (piece.begins) {
                EXPECT_TRUE(files.empty() || files.back().ended);
                files.emplace_back().begins = *piece.begins;
            }
            ASSERT_FALSE(files.empty());
            auto& file = files.back();
            EXPECT_FALSE(file.ended);
            for (auto const& part : piece.bytes.parts) {
                file.bytes.insert(file.bytes.end(), part.view().begin(), part.view().end());
            }
            file.parts += piece.bytes.parts.empty() ? 0 : 1;
            file.units += piece.units;
            file.duration = piece.reached;
            file.ended = piece.ends;
        }
    }
    mp4::test::ReadFile read(std::size_t file) const {
        auto read = mp4::test::read_file(files.at(file).bytes);
        EXPECT_EQ(read.error, "");
        EXPECT_FALSE(read.broken_fragment);
        return read;
    }
    // "dts/duration" in ms, with a k for a keyframe.
    std::string samples(std::size_t file, std::size_t track) const {
        auto const movie = read(file);
        auto const per_ms = static_cast<double>(movie.movie->tracks[track].timescale) / 1000;
        std::string text;
        for (auto const& [which, sample] : movie.samples) {
            if (which != track) continue;
            auto const ms = [&](std::int64_t ticks) {
                return std::to_string(std::lround(static_cast<double>(ticks) / per_ms));
            };
            text += ms(sample.dts) + "/" + ms(sample.duration) + (sample.sync ? "k " : " ");
        }
        return text;
    }

    std::unique_ptr<SegmentMaker> maker;
    std::vector<RecordedFile> files;
};

TEST(Segments, PartsAreAsLongAsIsWishedAndAFileBeginsWithEachSegment) {
    Recording recording(picture_and_sound(), {.part_duration = 500ms, .segment_duration = 2s});
    recording.play(0s, 5s);
    ASSERT_EQ(recording.files.size(), 3U);
    EXPECT_TRUE(recording.files[0].ended);
    EXPECT_EQ(recording.files[0].begins, kBegan);
    EXPECT_EQ(recording.files[0].duration, 2s);
    EXPECT_EQ(recording.files[0].parts, 5) << "a part is at least so long";
    EXPECT_FALSE(recording.files[2].ended);
    recording.finish();
    EXPECT_TRUE(recording.files[2].ended);
    EXPECT_EQ(recording.files[2].duration, 1020ms) << "it begins with the sound before";
    std::uint32_t units = 0;
    for (auto const& file : recording.files) units += file.units;
    EXPECT_EQ(units, 125U * 3) << "all that was published";
}

TEST(Segments, SegmentsFollowOneAnotherWithoutAGap) {
    Recording recording(picture_and_sound(), {.segment_duration = 1s, .stream_id = {1, 2, 3}});
    recording.play(10s, 12s);
    recording.finish();
    ASSERT_EQ(recording.files.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        auto const movie = recording.read(i);
        ASSERT_TRUE(movie.movie->recording);
        auto const& info = *movie.movie->recording;
        EXPECT_EQ(info.segment, i);
        EXPECT_EQ(info.stream_id[1], 2);
        EXPECT_EQ(info.start_time - kBegan, info.start_dts);
        EXPECT_EQ(info.start_time, recording.files[i].begins);
    }
    EXPECT_TRUE(recording.samples(0, 0).starts_with("0/40k 40/40 "));
    EXPECT_TRUE(recording.samples(0, 0).ends_with(" 960/40 "));
    // The sound before the key frame waited for its duration, and begins the next file.
    EXPECT_TRUE(recording.samples(0, 1).ends_with(" 960/20k "));
    EXPECT_EQ(recording.files[1].begins, kBegan + 10s + 980ms);
    EXPECT_TRUE(recording.samples(1, 0).starts_with("20/40k 60/40 "));
    EXPECT_TRUE(recording.samples(1, 1).starts_with("0/20k 20/20k "));
}

TEST(Segments, PicturesBeginWithAKeyFrame) {
    Recording recording(picture_and_sound());
    recording.push(recorded_unit(0, 0ms, false));
    recording.push(recorded_unit(1, 0ms));
    recording.push(recorded_unit(0, 40ms, false));
    recording.push(recorded_unit(0, 80ms, true));
    recording.push(recorded_unit(1, 80ms));
    recording.maker->skip();
    recording.push(recorded_unit(0, 120ms, false));
    recording.push(recorded_unit(0, 160ms, true));
    recording.finish();
    EXPECT_EQ(recording.samples(0, 0), "80/80k 160/80k ");
    EXPECT_EQ(recording.samples(0, 1), "0/80k 80/80k ");
}

TEST(Segments, SoundAloneIsCutAnywhere) {
    Recording recording({picture_and_sound()[1]},
                        {.part_duration = 100ms, .segment_duration = 200ms});
    for (int i = 0; i <= 20; ++i) recording.push(recorded_unit(0, i * 20ms));
    recording.finish();
    ASSERT_EQ(recording.files.size(), 3U);
    EXPECT_EQ(recording.files[0].duration, 200ms);
    EXPECT_EQ(recording.files[1].begins, kBegan + 200ms);
    EXPECT_EQ(recording.samples(2, 0), "0/20k ");
}

TEST(Segments, APartIsNeverLargerThanAllowed) {
    SegmentSettings settings;
    settings.max_part_size = 1000;
    Recording recording({picture_and_sound()[0]}, settings);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(recording.push(recorded_unit(0, i * 40ms, i == 0, 200)), "");
    }
    EXPECT_EQ(recording.push(recorded_unit(0, 400ms, false, 1001)), "");
    EXPECT_EQ(recording.push(recorded_unit(0, 440ms, false)), "reached maximum part size");
    ASSERT_EQ(recording.files.size(), 1U);
    EXPECT_EQ(recording.files[0].parts, 1) << "the second one was not full yet";
    EXPECT_EQ(recording.samples(0, 0), "0/40k 40/40 80/40 120/40 160/40 ");
}

TEST(Segments, OtherParameterSetsBeginAnotherFile) {
    Recording recording(picture_and_sound());
    recording.play(0s, 1s);
    recording.set_track(0, picture_and_sound()[0]);
    EXPECT_TRUE(recording.files.empty()) << "they are the same";
    recording.set_track(0, {media::test::h264_720p()});
    ASSERT_EQ(recording.files.size(), 1U);
    EXPECT_TRUE(recording.files[0].ended);
    recording.play(1s, 2s);
    recording.finish();
    ASSERT_EQ(recording.files.size(), 2U);
    EXPECT_TRUE(recording.samples(0, 0).ends_with(" 960/40 ")) << "the last one is not lost";
    auto const after = recording.read(1);
    EXPECT_EQ(after.movie->tracks[0].track, media::Track{media::test::h264_720p()});
    EXPECT_EQ(after.movie->recording->segment, 1U);
}

TEST(Segments, ATrackThatIsNotKnownYetComesWithTheNextFile) {
    Recording recording({{media::H264Config{}}, picture_and_sound()[1]});
    recording.push(recorded_unit(0, 0ms));
    recording.push(recorded_unit(1, 0ms));
    recording.push(recorded_unit(1, 20ms));
    recording.set_track(0, picture_and_sound()[0]);
    recording.push(recorded_unit(0, 40ms));
    recording.push(recorded_unit(1, 40ms));
    recording.finish();
    ASSERT_EQ(recording.files.size(), 2U);
    EXPECT_EQ(recording.read(0).movie->tracks.size(), 1U);
    EXPECT_EQ(recording.samples(0, 0), "0/20k ");
    EXPECT_EQ(recording.samples(1, 0), "20/0k ");
    EXPECT_EQ(recording.samples(1, 1), "0/20k 20/20k ");
}

TEST(Segments, WhatComesTooLateIsLeftOut) {
    Recording recording(picture_and_sound(), {.segment_duration = 1s});
    recording.push(recorded_unit(0, 0s));
    recording.push(recorded_unit(1, 0s));
    recording.push(recorded_unit(0, 3s));  // begins another file; the sound is 3 s behind
    recording.push(recorded_unit(0, 3040ms, false));
    EXPECT_TRUE(recording.maker->take_late().empty());
    recording.push(recorded_unit(1, 20ms));
    EXPECT_EQ(recording.maker->take_late(), std::vector<std::size_t>{1});
    recording.finish();
    EXPECT_EQ(recording.files.at(1).begins, kBegan + 3s);
}

TEST(Segments, TimesThatStandStillOrGoBackAreNoError) {
    Recording recording({picture_and_sound()[0]});
    for (auto const at : {0ms, 40ms, 40ms, 20ms, 80ms}) {
        EXPECT_EQ(recording.push(recorded_unit(0, at, at == 0ms)), "");
    }
    recording.finish();
    EXPECT_EQ(recording.samples(0, 0), "0/40k 40/0 40/0 40/40 80/40 ");
}

TEST(Segments, CodecsThatTheFormatDoesNotHaveAreLeftOut) {
    media::Track const law{media::PcmaConfig{}};
    EXPECT_FALSE(can_record(Format::fmp4, law));
    EXPECT_FALSE(can_record(Format::mpegts, {media::test::av1_160x120()}));
    EXPECT_TRUE(can_record(Format::fmp4, {media::test::av1_160x120()}));
    EXPECT_TRUE(can_record(Format::fmp4, {media::H264Config{}}));
    Recording recording({law, picture_and_sound()[1]});
    recording.push(recorded_unit(0, 0ms));
    recording.push(recorded_unit(1, 0ms));
    recording.finish();
    EXPECT_EQ(recording.read(0).movie->tracks.size(), 1U);
    EXPECT_EQ(recording.samples(0, 0), "0/0k ");
}

TEST(Segments, WithoutUnitsThereIsNoFile) {
    for (auto const format : {Format::fmp4, Format::mpegts}) {
        Recording recording(picture_and_sound(), {}, format);
        recording.finish();
        EXPECT_TRUE(recording.files.empty());
    }
}

TEST(TsSegments, EachFileBeginsWithTablesAndAKeyFrame) {
    Recording recording(picture_and_sound(), {.part_duration = 500ms, .segment_duration = 2s},
                        Format::mpegts);
    recording.play(0s, 5s);
    recording.finish();
    ASSERT_EQ(recording.files.size(), 3U);
    EXPECT_EQ(recording.files[1].begins, kBegan + 2s);
    EXPECT_EQ(recording.files[0].duration, 2s);
    EXPECT_GE(recording.files[0].parts, 4);
    for (auto const& file : recording.files) {
        EXPECT_TRUE(file.ended);
        ASSERT_EQ(file.bytes.size() % 188, 0U);
        EXPECT_EQ(file.bytes[1] & 0x1f, 0) << "the first packet is a PAT";
        EXPECT_EQ(file.bytes[2], 0);
    }
}

TEST(TsSegments, AChangedSoundBeginsAnotherFile) {
    Recording recording(picture_and_sound(), {}, Format::mpegts);
    recording.play(0s, 1s);
    recording.set_track(0, {media::test::h264_720p()});
    EXPECT_TRUE(recording.files.empty());
    recording.set_track(1, {media::AacConfig{{0x11, 0x88}, 48000, 1}});
    EXPECT_EQ(recording.files.size(), 1U);
    recording.play(1s, 2s);
    recording.finish();
    EXPECT_EQ(recording.files.size(), 2U);
}

TEST(TsSegments, APartIsNeverLargerThanAllowed) {
    SegmentSettings settings;
    settings.max_part_size = 1000;
    Recording recording({picture_and_sound()[0]}, settings, Format::mpegts);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(recording.push(recorded_unit(0, i * 40ms, i == 0, 200)), "");
    }
    EXPECT_GE(recording.files.at(0).parts, 2);
    EXPECT_EQ(recording.push(recorded_unit(0, 440ms, false, 1001)), "reached maximum part size");
}

}  // namespace
}  // namespace tidegate::recording
