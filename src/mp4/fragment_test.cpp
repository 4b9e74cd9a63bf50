#include "mp4/fragment.hpp"

#include <gtest/gtest.h>

#include "mp4/init_segment.hpp"
#include "mp4/sampler.hpp"
#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::box;
using test::full_box;
using test::hex;
using test::to_hex;
using test::u32;

FragmentSample sample(std::uint32_t duration, std::int32_t offset, bool sync, char const* payload) {
    return {duration, offset, sync, test::shared(hex(payload))};
}

std::string written(std::uint32_t sequence, std::span<TrackRun const> runs) {
    auto const fragment = write_fragment(sequence, runs);
    return fragment ? to_hex(joined(*fragment).view()) : fragment.error().message;
}

TEST(Fragment, OfTwoTracksHasTheseBytes) {
    FragmentSample const video[] = {sample(3000, 6000, true, "010203"),
                                    sample(3000, -3000, false, "0405")};
    FragmentSample const audio[] = {sample(1024, 0, true, "06")};
    TrackRun const runs[] = {{1, 900'000, video}, {2, 0x0102030405, audio}};
    auto const wanted = test::joined_bytes({
        box("moof",
            {full_box("mfhd", 0, {u32(7)}),
             box("traf", {full_box("tfhd", 0x020000, {u32(1)}),
                          full_box("tfdt", 0x01000000, {hex("00000000000dbba0")}),
                          full_box("trun", 0x01000f01,
                                   {u32(2), u32(200), hex("00000bb8 00000003 00000000 00001770"),
                                    hex("00000bb8 00000002 00010000 fffff448")})}),
             box("traf",
                 {full_box("tfhd", 0x020000, {u32(2)}),
                  full_box("tfdt", 0x01000000, {hex("0000000102030405")}),
                  full_box("trun", 0x01000301, {u32(1), u32(205), hex("00000400 00000001")})})}),
        box("mdat", {hex("010203 0405 06")}),
    });
    EXPECT_EQ(written(7, runs), to_hex(wanted));
}

TEST(Fragment, AHeaderAloneIsTheSameAsThatOfAFragment) {
    FragmentSample const video[] = {sample(3000, 6000, true, "010203"),
                                    sample(3000, -3000, false, "0405")};
    FragmentSample const audio[] = {sample(1024, 0, true, "06")};
    TrackRun const runs[] = {{1, 900'000, video}, {2, 0x0102030405, audio}};
    FileSample const video_rows[] = {{3000, 6000, 3, true}, {3000, -3000, 2, false}};
    FileSample const audio_rows[] = {{1024, 0, 1, true}};
    FileRun const rows[] = {{1, 900'000, video_rows}, {2, 0x0102030405, audio_rows}};
    auto const header = write_fragment_header(7, rows);
    ASSERT_TRUE(header);
    EXPECT_EQ(to_hex(header->view()) + "010203040506", written(7, runs));
}

TEST(Fragment, WritesFlagsAndOffsetsOnlyWhereTheyAreNeeded) {
    struct Case {
        bool sync;
        std::int32_t offset;
        char const* flags_and_rows;  // of trun, behind its count and data offset
    };
    Case const cases[] = {{true, 0, "01000301"},
                          {false, 0, "01000701"},
                          {true, 1, "01000b01"},
                          {false, 1, "01000f01"}};
    for (auto const& c : cases) {
        FragmentSample const one[] = {sample(1, c.offset, c.sync, "aa")};
        TrackRun const run{1, 0, one};
        EXPECT_NE(written(0, {&run, 1}).find(std::string("7472756e") + c.flags_and_rows),
                  std::string::npos);
    }
}

TEST(Fragment, PointsAtTheMediaAndCopiesNothing) {
    FragmentSample const samples[] = {sample(1, 0, true, "01"), sample(1, 0, true, ""),
                                      sample(1, 0, true, "0203")};
    TrackRun const run{1, 0, samples};
    auto const fragment = write_fragment(0, {&run, 1});
    ASSERT_EQ(fragment->parts.size(), 3U);  // a header, and what is not empty
    EXPECT_EQ(fragment->parts[1].data(), samples[0].payload.data());
    EXPECT_EQ(fragment->parts[2].data(), samples[2].payload.data());
    EXPECT_EQ(fragment->size, joined(*fragment).size());
    EXPECT_EQ(fragment->parts[0].size() + 3, fragment->size);
}

TEST(Fragment, BeyondWhatADataOffsetCanTellOfIsRefused) {
    auto const large = test::shared(base::Bytes(1 << 24, 0));
    std::vector<FragmentSample> samples(127, {.payload = large});
    TrackRun const run{1, 0, samples};
    EXPECT_TRUE(write_fragment(0, {&run, 1}));
    samples.push_back(samples.back());
    TrackRun const more{1, 0, samples};
    auto const fragment = write_fragment(0, {&more, 1});
    ASSERT_FALSE(fragment);
    EXPECT_EQ(fragment.error().message, "fragment is larger than 2 GiB");
}

TEST(Fragment, IsReadBack) {
    TrackSetup const setups[] = {{.id = 1, .track = {media::test::h264_main_360p()}},
                                 {.id = 9, .track = {media::test::aac_stereo_44100()}}};
    FragmentSample const video[] = {sample(3000, 6000, true, "010203"),
                                    sample(3000, -3000, false, "0405")};
    FragmentSample const audio[] = {sample(1024, 0, true, "06")};
    TrackRun const runs[] = {{1, 900'000, video}, {9, 441'000, audio}};
    auto const init = write_init_segment(setups);
    auto const fragment = joined(*write_fragment(1, runs));
    base::Bytes file(init->view().begin(), init->view().end());
    file.insert(file.end(), fragment.view().begin(), fragment.view().end());
    auto const read = test::read_file(file);
    ASSERT_EQ(read.samples.size(), 3U) << read.error;
    auto const data = file.size() - 6;
    auto const expect = [&](std::size_t i, std::size_t track, Sample const& wanted) {
        EXPECT_EQ(read.samples[i].track, track) << i;
        EXPECT_TRUE(read.samples[i].sample == wanted) << i;
    };
    expect(0, 0, {900'000, 906'000, 3000, 3, data, 1, true});
    expect(1, 0, {903'000, 900'000, 3000, 2, data + 3, 1, false});
    expect(2, 1, {441'000, 441'000, 1024, 1, data + 5, 1, true});
}

media::Unit unit(std::int64_t dts_us, std::int64_t pts_us, bool keyframe = false) {
    return {.keyframe = keyframe,
            .pts = std::chrono::microseconds(pts_us),
            .dts = std::chrono::microseconds(dts_us),
            .payload = test::shared({1})};
}

TEST(Sampler, GivesASampleWhenTheNextUnitTellsItsEnd) {
    Sampler sampler(90'000, std::chrono::seconds(1));
    EXPECT_FALSE(sampler.push(unit(1'000'000, 1'040'000, true)));
    EXPECT_TRUE(sampler.pending());
    auto first = sampler.push(unit(1'040'000, 1'020'000));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->decode_time, 0);
    EXPECT_EQ(first->sample.duration, 3600U);
    EXPECT_EQ(first->sample.composition_offset, 3600);
    EXPECT_TRUE(first->sample.sync);
    auto second = sampler.finish();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->decode_time, 3600);
    EXPECT_EQ(second->sample.duration, 3600U);  // as long as the one before
    EXPECT_EQ(second->sample.composition_offset, -1800);
    EXPECT_FALSE(second->sample.sync);
    EXPECT_FALSE(sampler.finish());
    EXPECT_FALSE(sampler.pending());
}

TEST(Sampler, RoundingNeverAddsUp) {
    // Sound of 1024 samples at 44.1 kHz, its times rounded to milliseconds as RTMP does.
    Sampler sampler(44'100);
    std::int64_t end = 0;
    for (std::int64_t i = 0; i <= 100'000; ++i) {
        auto const ms = i * 1024 * 1000 / 44'100;
        auto const sample = sampler.push(unit(ms * 1000, ms * 1000));
        if (!sample) continue;
        EXPECT_EQ(sample->decode_time, end);
        end += sample->sample.duration;
    }
    EXPECT_NEAR(static_cast<double>(end), 1024.0 * 100'000, 45);
}

TEST(Sampler, TimesThatStandStillOrGoBackMakeADurationOfNothing) {
    Sampler sampler(1000);
    sampler.push(unit(50'000, 50'000));
    EXPECT_EQ(sampler.push(unit(50'000, 50'000))->sample.duration, 0U);
    EXPECT_EQ(sampler.push(unit(20'000, 60'000))->sample.duration, 0U);
    auto const last = sampler.finish(std::chrono::milliseconds(80));
    EXPECT_EQ(last->decode_time, 50);
    EXPECT_EQ(last->sample.duration, 30U);
    EXPECT_EQ(last->sample.composition_offset, 10);
}

TEST(Sampler, UnitsFromBeforeTheStartHaveTimesBelowZero) {
    Sampler sampler(1000, std::chrono::seconds(1));
    sampler.push(unit(900'000, 950'000));
    auto const sample = sampler.finish(std::chrono::seconds(1));
    EXPECT_EQ(sample->decode_time, -100);
    EXPECT_EQ(sample->sample.duration, 100U);
}

}  // namespace
}  // namespace tidegate::mp4
