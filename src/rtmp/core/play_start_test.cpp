#include "rtmp/core/play_start.hpp"

#include <gtest/gtest.h>

#include "flv/probe.hpp"
#include "media/test_samples.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {
namespace {

using media::Track;
using Indices = std::vector<std::size_t>;

Track const kH264{media::H264Config{}};
Track const kH265{media::H265Config{}};
Track const kAac{media::AacConfig{{0x12, 0x10}, 44100, 2}};
Track const kOpus{media::OpusConfig{}};
Track const kMp3{media::Mp3Config{}};
Track const kAv1{media::test::av1_160x120()};
Track const kVp9{media::test::vp9_160x120()};
Track const kAc3{media::Ac3Config{48000, 6, {}}};
Track const kFlac{media::test::flac_mono_48000()};
Track const kALaw{media::PcmaConfig{}};
Track const kWideALaw{media::PcmaConfig{16000, 1}};

TEST(PlayableTracks, DependOnTheClientsFourCcList) {
    struct Row {
        media::Tracks tracks;
        std::vector<std::string> fourccs;
        Indices chosen;
        bool several_tracks = false;
    };
    std::vector<Row> const rows = {
        {{kH264, kAac}, {}, {0, 1}},
        {{kAac, kH264}, {}, {0, 1}},
        {{kH264, kMp3}, {}, {0, 1}},
        {{kH265, kAac}, {}, {1}},
        {{kH265, kAac}, {"avc1"}, {1}},
        {{kH265, kAac}, {"hvc1"}, {0, 1}},
        {{kH265, kOpus}, {"*"}, {0, 1}},
        {{kH265, kOpus}, {"Opus"}, {1}},
        {{kH265, kOpus}, {"opus", "HVC1"}, {}},
        {{kH265, kH264, kOpus, kAac}, {}, {1, 3}},
        {{kH264, kH264, kAac, kAac}, {}, {0, 2}},
        {{kH264, kH264, kAac, kAac}, {"avc1"}, {0, 1, 2, 3}, true},
        {{kH265, kH264, kOpus, kAac}, {"hvc1"}, {0, 1, 3}, true},
        {{kAv1, kVp9, kFlac}, {"av01", "fLaC"}, {0, 2}, true},
        {{kAv1, kAc3}, {"*"}, {0, 1}},
        {{kAv1, kAc3}, {}, {}},
        {{kH264, kALaw, kAac}, {}, {0, 1}},
        {{kH264, kWideALaw, kAac}, {"*"}, {0, 2}, true},
        {{}, {}, {}},
    };
    for (auto const& row : rows)
        EXPECT_EQ(playable_tracks(row.tracks, {row.fourccs, row.several_tracks}), row.chosen);
}

Track const kMp3At48{media::Mp3Config{48000, 1}};

std::vector<amf0::Value> values_of(base::ByteView body) {
    amf0::Reader reader(body);
    std::vector<amf0::Value> values;
    while (!reader.done()) values.push_back(*reader.next());
    return values;
}

base::Bytes metadata_of(media::Tracks const& tracks, Metadata const& published = {}) {
    return write_metadata(numbered_tracks(tracks), published);
}

TEST(WriteMetadata, DescribesFurtherTracksByTheirIds) {
    auto const values = values_of(metadata_of({kAv1, kVp9, kAac, kFlac, kWideALaw}));
    auto const& object = *values[1].object();
    EXPECT_EQ(*object.find("videocodecid"), amf0::Value(double{0x61763031}));
    EXPECT_EQ(*object.find("width"), amf0::Value(160.0));
    EXPECT_EQ(*object.find("audiocodecid"), amf0::Value(10.0));
    EXPECT_EQ(*object.find("videoTrackIdInfoMap"),
              amf0::Value(amf0::Object{}.with("1", amf0::Object{}
                                                       .with("width", 160.0)
                                                       .with("height", 120.0)
                                                       .with("videocodecid", double{0x76703039}))));
    EXPECT_EQ(*object.find("audioTrackIdInfoMap"),
              amf0::Value(amf0::Object{}.with("1", amf0::Object{}
                                                       .with("audiosamplerate", 48000.0)
                                                       .with("audiosamplesize", 16.0)
                                                       .with("audiochannels", 1.0)
                                                       .with("stereo", false)
                                                       .with("audiocodecid", double{0x664c6143}))));
}

TEST(WriteMetadata, IsReadWithTheLanguagesOfItsSounds) {
    media::Tracks tracks{kH264, kAac, kWideALaw, kAac};
    tracks[1].language = "en";
    tracks[1].name = "Original";
    tracks[3].language = "es";
    auto const metadata = read_metadata(values_of(metadata_of(tracks))[1]);
    EXPECT_EQ(metadata.further_tracks, 1U);
    media::Tracks again{kH264, kAac, kAac};
    describe_sounds(metadata, flv::TrackMap(again), again);
    EXPECT_EQ(again[1], tracks[1]);
    EXPECT_EQ(again[2], tracks[3]);
}

TEST(NumberedTracks, AreThoseThatAreChosenAndCanBeCarried) {
    media::Tracks const tracks{kH264, kAac, kWideALaw, kFlac};
    auto const all = numbered_tracks(tracks);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[2].id, 1);
    auto const some = numbered_tracks(tracks, Indices{0, 3});
    ASSERT_EQ(some.size(), 2U);
    EXPECT_EQ(some[1].track, kFlac);
    EXPECT_EQ(some[1].id, 1);
}

TEST(WriteMetadata, SaysWhatTheConfigurationsSay) {
    auto const body = metadata_of({Track{media::test::h264_720p()}, kAac});
    auto const values = values_of(body);
    ASSERT_EQ(values.size(), 2U);
    EXPECT_EQ(values[0], amf0::Value("onMetaData"));
    EXPECT_EQ(values[1], amf0::Value(amf0::Object{}
                                         .with("width", 1280.0)
                                         .with("height", 720.0)
                                         .with("framerate", 30.0)
                                         .with("videocodecid", 7.0)
                                         .with("videodatarate", 0.0)
                                         .with("audiosamplerate", 44100.0)
                                         .with("audiosamplesize", 16.0)
                                         .with("audiochannels", 2.0)
                                         .with("stereo", true)
                                         .with("audiocodecid", 10.0)
                                         .with("audiodatarate", 0.0)));
}

TEST(WriteMetadata, IsCompletedByThePublishersWord) {
    Metadata published;
    published.width = 1.0;
    published.frame_rate = 29.97;
    published.video_kbps = 2500.0;
    published.audio_kbps = 64.0;
    auto const sure =
        *values_of(metadata_of({Track{media::test::h264_720p()}}, published))[1].object();
    EXPECT_EQ(*sure.find("width"), amf0::Value(1280.0)) << "of the parameter sets";
    EXPECT_EQ(*sure.find("framerate"), amf0::Value(29.97));
    EXPECT_EQ(*sure.find("videodatarate"), amf0::Value(2500.0));
    EXPECT_EQ(*sure.find("audiodatarate"), amf0::Value(0.0)) << "of a track that is not there";
    auto const unsure = *values_of(metadata_of({kH264, kMp3At48}, published))[1].object();
    EXPECT_EQ(*unsure.find("width"), amf0::Value(1.0));
    EXPECT_EQ(unsure.find("height"), nullptr);
    EXPECT_EQ(*unsure.find("audiosamplerate"), amf0::Value(48000.0));
    EXPECT_EQ(*unsure.find("stereo"), amf0::Value(false));
    EXPECT_EQ(*unsure.find("audiodatarate"), amf0::Value(64.0));
}

TEST(WriteMetadata, OfAPublisherStandsBehindSetDataFrame) {
    auto const values = values_of(write_published_metadata({kH264}));
    ASSERT_EQ(values.size(), 3U);
    EXPECT_EQ(values[0], amf0::Value("@setDataFrame"));
    EXPECT_EQ(values[1], amf0::Value("onMetaData"));
}

TEST(WriteMetadata, NamesTheCodecs) {
    struct Row {
        media::Tracks tracks;
        double video, audio;
    };
    std::vector<Row> const rows = {
        {{kH264, kAac}, 7, 10},
        {{kMp3}, 0, 2},
        {{kH265, kOpus}, 0x68766331, 0x4F707573},  // "hvc1", "Opus"
    };
    for (auto const& row : rows) {
        auto const object = *values_of(metadata_of(row.tracks))[1].object();
        EXPECT_EQ(*object.find("videocodecid"), amf0::Value(row.video));
        EXPECT_EQ(*object.find("audiocodecid"), amf0::Value(row.audio));
    }
}

}  // namespace
}  // namespace tidegate::rtmp
