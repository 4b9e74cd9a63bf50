#include "hls/core/index_playlist.hpp"

#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"
#include "media/language.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using test::audio;
using test::Publisher;
using test::settings;
using test::video;

std::string index_of(std::vector<Source> sources, Variant variant = Variant::low_latency) {
    Publisher publisher(std::move(sources), settings(variant));
    publisher.run_to(milliseconds(3001));
    return publisher.text("index.m3u8", "session=x");
}

// Bandwidth apart, this is what MediaMTX 1.20.1 prints.
TEST(Index, OfPictureAndSoundIsThatOfMediaMtx) {
    EXPECT_EQ(index_of({video(), audio()}),
              "#EXTM3U\n"
              "#EXT-X-VERSION:10\n"
              "#EXT-X-INDEPENDENT-SEGMENTS\n"
              "\n"
              "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio2\",AUTOSELECT=YES,"
              "DEFAULT=YES,URI=\"audio2_stream.m3u8?session=x\"\n"
              "\n"
              "#EXT-X-STREAM-INF:BANDWIDTH=231680,AVERAGE-BANDWIDTH=231392,"
              "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000,"
              "AUDIO=\"audio\"\n"
              "video1_stream.m3u8?session=x\n");
}

TEST(Index, OfMpegTsHasNoRenditions) {
    auto const index = index_of({video(), audio()}, Variant::mpegts);
    EXPECT_TRUE(
        index.starts_with("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n\n"
                          "#EXT-X-STREAM-INF:BANDWIDTH="))
        << index;
    EXPECT_NE(index.find("CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000\n"
                         "main_stream.m3u8?session=x\n"),
              std::string::npos)
        << index;
}

TEST(Index, OfOneTrackHasNoRenditions) {
    EXPECT_EQ(index_of({video()}).find("EXT-X-MEDIA"), std::string::npos);
    auto const sound = index_of({audio()});
    EXPECT_EQ(sound.find("AUDIO"), std::string::npos);
    EXPECT_NE(sound.find(",CODECS=\"mp4a.40.2\"\naudio1_stream.m3u8?session=x\n"),
              std::string::npos);
}

// The leading one is in the variant itself: it has no URI of its own.
TEST(Index, OfSeveralSoundsAloneLeadsWithTheFirst) {
    auto const index = index_of({audio(), audio()});
    EXPECT_NE(
        index.find("NAME=\"audio1\",AUTOSELECT=YES,DEFAULT=YES\n"
                   "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio2\",AUTOSELECT=YES,"
                   "URI=\"audio2_stream.m3u8?session=x\"\n"),
        std::string::npos)
        << index;
}

TEST(Index, TellsLanguagesAndNames) {
    auto const index =
        index_of({audio("es", "Español"), video(), audio("pt-BR", "Español"), audio()});
    EXPECT_NE(
        index.find("\"audio\",LANGUAGE=\"es\",NAME=\"Español\",AUTOSELECT=YES,DEFAULT=YES,URI="
                   "\"audio2_stream"),
        std::string::npos)
        << index;
    // Names differ in a group.
    EXPECT_NE(
        index.find("LANGUAGE=\"pt-BR\",NAME=\"Español (audio3)\",AUTOSELECT=YES,URI=\"audio3_"),
        std::string::npos)
        << index;
    EXPECT_NE(index.find("\"audio\",NAME=\"audio4\",AUTOSELECT=YES,URI=\"audio4_"),
              std::string::npos);
}

TEST(Index, NothingOfAPublisherEndsAnAttribute) {
    auto const index =
        index_of({video(), audio("e\"s", "a\"b\nc\r\x7f\xff"),
                  audio(std::string(36, 'x'), std::string(1000, 'n')), audio("", "\"")});
    EXPECT_NE(index.find("GROUP-ID=\"audio\",NAME=\"abc\","), std::string::npos) << index;
    EXPECT_NE(
        index.find("GROUP-ID=\"audio\",NAME=\"" + std::string(media::kMaxTrackName, 'n') + "\","),
        std::string::npos);
    EXPECT_NE(index.find("GROUP-ID=\"audio\",NAME=\"audio4\","), std::string::npos);
}

// MediaMTX tells the leading stream's rate only. It must be that of what is played together.
TEST(Index, BandwidthIsOfThePictureAndTheLargestSound) {
    auto const bandwidth_of = [](std::vector<std::size_t> sounds) {
        std::vector<Source> sources{video()};
        for (std::size_t i = 0; i < sounds.size(); ++i) sources.push_back(audio());
        Publisher publisher(sources);
        publisher.picture_size = 10'000;
        for (; publisher.now < milliseconds(2001); publisher.now += milliseconds(40)) {
            publisher.push(0, publisher.now, publisher.now % milliseconds(1000) == milliseconds(0),
                           10'000);
            for (std::size_t i = 0; i < sounds.size(); ++i) {
                publisher.push(1 + i, publisher.now, true, sounds[i]);
            }
        }
        auto const index = publisher.text("index.m3u8");
        auto const at = index.find("AVERAGE-BANDWIDTH=") + 18;
        return std::stoul(index.substr(at));
    };
    auto const alone = bandwidth_of({});
    auto const one = bandwidth_of({5000});
    EXPECT_NEAR(static_cast<double>(alone), 2'000'000, 20'000);
    EXPECT_NEAR(static_cast<double>(one), 3'000'000, 50'000);
    EXPECT_EQ(bandwidth_of({5000, 200, 1000}), one);
}

std::string rendered(std::vector<IndexStream> const& streams) {
    auto const playlist = render_index(Variant::low_latency, streams);
    std::string text(base::as_text(playlist.text().view()));
    return text.substr(text.find("\n\n") + 2);
}

// Players leave out choices whose codecs they do not know.
TEST(Index, AnUnusualCodecIsAChoiceOfItsOwn) {
    Window const none;
    auto const picture = video();
    auto const usual = audio();
    auto const unusual = audio("es");
    IndexStream const shown{"video1", &none, {&picture}};
    IndexStream const first{"audio2", &none, {&unusual}, "audio-x"};
    IndexStream const second{"audio3", &none, {&usual}};
    std::string const rates =
        "#EXT-X-STREAM-INF:BANDWIDTH=0,AVERAGE-BANDWIDTH=0,CODECS=\"avc1.64001f";
    std::string const format = "\",RESOLUTION=1280x720,FRAME-RATE=30.000";
    std::string const of_first =
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio-x\",LANGUAGE=\"es\",NAME=\"audio2\","
        "AUTOSELECT=YES,DEFAULT=YES,URI=\"audio2_stream.m3u8\"\n";
    EXPECT_EQ(rendered({shown, first, second}),
              "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio3\",AUTOSELECT=YES,"
              "DEFAULT=YES,URI=\"audio3_stream.m3u8\"\n" +
                  of_first + "\n" + rates + ",mp4a.40.2" + format +
                  ",AUDIO=\"audio\"\nvideo1_stream.m3u8\n" + rates + ",mp4a.40.2" + format +
                  ",AUDIO=\"audio-x\"\nvideo1_stream.m3u8\n");
    EXPECT_EQ(rendered({shown, first}), of_first + "\n" + rates + ",mp4a.40.2" + format +
                                            ",AUDIO=\"audio-x\"\nvideo1_stream.m3u8\n" + rates +
                                            format + "\nvideo1_stream.m3u8\n");
    // Without a picture, each choice leads with its own sound.
    auto const sounds = rendered({first, second});
    EXPECT_NE(sounds.find("AUDIO=\"audio\"\naudio3_stream.m3u8\n"), std::string::npos) << sounds;
    EXPECT_NE(sounds.find("AUDIO=\"audio-x\"\naudio2_stream.m3u8\n"), std::string::npos) << sounds;
    EXPECT_EQ(sounds.find("URI="), std::string::npos) << sounds;
}

TEST(Index, AShortSegmentIsNoPeak) {
    Window window;
    auto const add = [&](std::uint64_t size, milliseconds duration) {
        Segment segment;
        segment.size = size;
        segment.duration = duration;
        window.segments.push_back(std::make_shared<Segment const>(segment));
    };
    add(100'000, milliseconds(1000));
    add(50'000, milliseconds(40));
    EXPECT_EQ(bandwidth(window).peak, 800'000U);
    window.segments.erase(window.segments.begin());
    EXPECT_EQ(bandwidth(window).peak, 10'000'000U);
}

}  // namespace
}  // namespace tidegate::hls
