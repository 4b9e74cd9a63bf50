#include "rtmp/core/play_start.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/amf0_reader.hpp"

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
        auto const body = write_metadata(row.tracks);
        amf0::Reader reader(body);
        EXPECT_EQ(*reader.next(), amf0::Value("@setDataFrame"));
        EXPECT_EQ(*reader.next(), amf0::Value("onMetaData"));
        EXPECT_EQ(*reader.next(), amf0::Value(amf0::Object{}
                                                  .with("videocodecid", row.video)
                                                  .with("videodatarate", 0.0)
                                                  .with("audiocodecid", row.audio)
                                                  .with("audiodatarate", 0.0)));
        EXPECT_TRUE(reader.done());
    }
}

}  // namespace
}  // namespace tidegate::rtmp
