#include "rtmp/core/play_start.hpp"

#include <gtest/gtest.h>

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

TEST(PlayableTracks, DependOnTheClientsFourCcList) {
    struct Row {
        media::Tracks tracks;
        std::vector<std::string> fourccs;
        Indices chosen;
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
        {{}, {}, {}},
    };
    for (auto const& row : rows) EXPECT_EQ(playable_tracks(row.tracks, row.fourccs), row.chosen);
}

Track const kMp3At48{media::Mp3Config{48000, 1}};

std::vector<amf0::Value> values_of(base::ByteView body) {
    amf0::Reader reader(body);
    std::vector<amf0::Value> values;
    while (!reader.done()) values.push_back(*reader.next());
    return values;
}

TEST(WriteMetadata, SaysWhatTheConfigurationsSay) {
    auto const body = write_metadata({Track{media::test::h264_720p()}, kAac});
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
        *values_of(write_metadata({Track{media::test::h264_720p()}}, published))[1].object();
    EXPECT_EQ(*sure.find("width"), amf0::Value(1280.0)) << "of the parameter sets";
    EXPECT_EQ(*sure.find("framerate"), amf0::Value(29.97));
    EXPECT_EQ(*sure.find("videodatarate"), amf0::Value(2500.0));
    EXPECT_EQ(*sure.find("audiodatarate"), amf0::Value(0.0)) << "of a track that is not there";
    auto const unsure = *values_of(write_metadata({kH264, kMp3At48}, published))[1].object();
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
        auto const object = *values_of(write_metadata(row.tracks))[1].object();
        EXPECT_EQ(*object.find("videocodecid"), amf0::Value(row.video));
        EXPECT_EQ(*object.find("audiocodecid"), amf0::Value(row.audio));
    }
}

}  // namespace
}  // namespace tidegate::rtmp
