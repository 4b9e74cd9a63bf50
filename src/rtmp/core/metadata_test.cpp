#include "rtmp/core/metadata.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "flv/probe.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {
namespace {

using amf0::Object;
using Expected = std::optional<bool>;

TEST(Metadata, TellsWhichTracksToExpect) {
    struct Row {
        std::string_view name;
        Object object;
        Expected video, audio;
    };
    auto const nothing = Expected();
    std::vector<Row> const rows = {
        {"empty", Object{}, nothing, nothing},
        {"both", Object{}.with("videocodecid", 7.0).with("audiocodecid", 10.0), true, true},
        {"video only, as FFmpeg", Object{}.with("width", 64.0).with("videocodecid", 7.0), true,
         false},
        {"audio only, as FFmpeg", Object{}.with("audiocodecid", 10.0).with("stereo", true), false,
         true},
        {"audio named as none", Object{}.with("videocodecid", 7.0).with("audiocodecid", 0.0), true,
         false},
        {"video named as none", Object{}.with("videocodecid", 0.0).with("audiocodecid", 2.0), false,
         true},
        {"fourCC as text", Object{}.with("videocodecid", "avc1").with("audiocodecid", "mp4a"), true,
         true},
        {"video id missing but a width", Object{}.with("width", 64.0).with("audiocodecid", 10.0),
         nothing, true},
        {"audio id missing but a rate",
         Object{}.with("videocodecid", 7.0).with("audiosamplerate", 1.0), true, nothing},
        {"NaN and null",
         Object{}.with("videocodecid", std::nan("")).with("audiocodecid", amf0::Null{}), nothing,
         nothing},
    };
    for (auto const& row : rows) {
        auto const metadata = read_metadata(row.object);
        EXPECT_EQ(metadata.expects_video, row.video) << row.name;
        EXPECT_EQ(metadata.expects_audio, row.audio) << row.name;
    }
}

TEST(Metadata, CountsFurtherTracks) {
    auto const one = Object{}.with("1", Object{}.with("audiocodecid", 10.0));
    auto const two = Object{}.with("1", Object{}).with("2", Object{});
    EXPECT_EQ(read_metadata(Object{}.with("videocodecid", 7.0)).further_tracks, 0U);
    EXPECT_EQ(read_metadata(Object{}.with("audioTrackIdInfoMap", one)).further_tracks, 1U);
    EXPECT_EQ(
        read_metadata(Object{}.with("audioTrackIdInfoMap", one).with("videoTrackIdInfoMap", two))
            .further_tracks,
        3U);
    EXPECT_EQ(read_metadata(Object{}.with("audioTrackIdInfoMap", "1")).further_tracks, 0U);
}

TEST(Metadata, TellsLanguagesAndNamesOfSounds) {
    auto const metadata = read_metadata(
        Object{}
            .with("language", "eng")
            .with("audioTrackIdInfoMap",
                  Object{}
                      .with("1", Object{}.with("language", "pt-BR").with("name", "Dublado\n"))
                      .with("x", Object{}.with("language", "fr"))
                      .with("300", Object{}.with("language", "fr"))
                      .with("2", Object{}.with("language", 7.0))
                      .with("3", Object{}.with("name", "Comments"))
                      .with("4", "fr")));
    media::Tracks tracks{media::Track{media::H264Config{}}};
    for (int i = 0; i < 4; ++i) tracks.push_back(media::Track{media::PcmaConfig{}});
    describe_sounds(metadata, flv::TrackMap(tracks), tracks);
    std::vector<std::string> found;
    for (auto const& track : tracks) found.push_back(track.language + "/" + track.name);
    EXPECT_EQ(found, (std::vector<std::string>{"/", "en/", "pt-BR/Dublado", "/", "/Comments"}));
    describe_sound(metadata, 1, tracks[0]);  // a picture
    EXPECT_EQ(tracks[0].language, "");
}

TEST(Metadata, HasAtMostAsManySoundsAsAStream) {
    Object map;
    for (int i = 1; i < 256; ++i) {
        map.members.push_back({std::to_string(i), Object{}.with("language", "es")});
    }
    auto const metadata = read_metadata(Object{}.with("audioTrackIdInfoMap", map));
    EXPECT_EQ(metadata.sounds.size(), media::kMaxTracks);
}

TEST(Metadata, KeepsOnlyPossibleNumbers) {
    auto const metadata =
        read_metadata(Object{}
                          .with("width", 1280.0)
                          .with("height", "NaN")
                          .with("framerate", 30.0)
                          .with("videodatarate", -1.0)
                          .with("audiodatarate", std::nan(""))
                          .with("audiosamplerate", std::numeric_limits<double>::infinity())
                          .with("encoder", "Lavf"));
    EXPECT_EQ(metadata.width, 1280.0);
    EXPECT_EQ(metadata.frame_rate, 30.0);
    EXPECT_EQ(metadata.height, std::nullopt);
    EXPECT_EQ(metadata.video_kbps, std::nullopt);
    EXPECT_EQ(metadata.audio_kbps, std::nullopt);
    EXPECT_EQ(metadata.audio_sample_rate, std::nullopt);
    EXPECT_EQ(metadata.encoder, "Lavf");
}

TEST(Metadata, OfAValueThatIsNoObjectSaysNothing) {
    EXPECT_EQ(read_metadata("text").expects_video, std::nullopt);
}

}  // namespace
}  // namespace tidegate::rtmp
