#include "rtsp/core/sdp.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/sps.hpp"
#include "media/test_samples.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {
namespace {

media::Tracks every_codec() {
    return {media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F}, {0x68, 0xCE}}},
            media::Track{media::H265Config{{0x40, 1}, {0x42, 2}, {0x44, 3}}},
            media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}},
            media::Track{media::OpusConfig{1}}, media::Track{media::Mp3Config{}}};
}

TEST(Sdp, IsWrittenAsMediaMtxWritesItButForThePayloadTypes) {
    EXPECT_EQ(write_sdp(every_codec()),
              "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns= \r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
              "m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\na=rtpmap:96 H264/90000\r\n"
              "a=fmtp:96 packetization-mode=1; profile-level-id=42C01F; "
              "sprop-parameter-sets=Z0LAHw==,aM4=\r\n"
              "m=video 0 RTP/AVP 97\r\na=control:trackID=1\r\na=rtpmap:97 H265/90000\r\n"
              "a=fmtp:97 sprop-pps=RAM=; sprop-sps=QgI=; sprop-vps=QAE=\r\n"
              "m=audio 0 RTP/AVP 98\r\na=control:trackID=2\r\na=rtpmap:98 mpeg4-generic/44100/2\r\n"
              "a=fmtp:98 config=1210; indexdeltalength=3; indexlength=3; mode=AAC-hbr; "
              "profile-level-id=1; sizelength=13; streamtype=5\r\n"
              "m=audio 0 RTP/AVP 99\r\na=control:trackID=3\r\na=rtpmap:99 opus/48000/2\r\n"
              "a=fmtp:99 sprop-stereo=0\r\n"
              "m=audio 0 RTP/AVP 14\r\na=control:trackID=4\r\n");
}

// The size of a picture is known before the first one comes.
TEST(Sdp, NamesTheSizeOfPictures) {
    base::Bytes const sps{0x67, 0x42, 0xC0, 0x0D, 0xDA, 0x05, 0x06, 0x7E, 0x7C, 0x04, 0x40, 0x00,
                          0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x03, 0x03, 0xC8, 0xF1, 0x42, 0xAA};
    media::Tracks const tracks{media::Track{media::H264Config{sps, {0x68, 0xCE, 0x3C, 0x80}}}};
    auto const format = media::video_format(tracks[0]);
    ASSERT_TRUE(format);
    auto const line = "a=framesize:96 " + std::to_string(format->width) + "-" +
                      std::to_string(format->height) + "\r\n";
    EXPECT_TRUE(write_sdp(tracks).ends_with(line)) << write_sdp(tracks);
    EXPECT_EQ(parse_sdp(write_sdp(tracks))->tracks(), tracks);
}

TEST(Sdp, IsReadBackAsWritten) {
    auto const read = parse_sdp(write_sdp(every_codec(), "a title"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->tracks(), every_codec());
    EXPECT_EQ(read->title, "a title");
    EXPECT_EQ(read->medias[2].control, "trackID=2");
    EXPECT_EQ(read->medias[2].clock_rate, 44100U);
    EXPECT_EQ(read->medias[2].aac, rtp::AacFraming{});
    EXPECT_EQ(read->medias[0].packetization_mode, 1);
}

TEST(Sdp, TellsLanguagesAndNamesOfSounds) {
    media::Tracks const tracks{media::Track{media::PcmaConfig{}, "en", {}},
                               media::Track{media::PcmuConfig{}, "pt-BR", "Português (dublado)"}};
    auto const text = write_sdp(tracks);
    EXPECT_TRUE(
        text.ends_with("m=audio 0 RTP/AVP 8\r\na=lang:en\r\na=control:trackID=0\r\n"
                       "a=rtpmap:8 PCMA/8000\r\n"
                       "m=audio 0 RTP/AVP 0\r\ni=Português (dublado)\r\na=lang:pt-BR\r\n"
                       "a=control:trackID=1\r\na=rtpmap:0 PCMU/8000\r\n"))
        << text;
    EXPECT_EQ(parse_sdp(text)->tracks(), tracks);
}

// Of a session: of its medias that do not say theirs. Pictures have none.
TEST(Sdp, LanguagesAreReadWhereverTheyStand) {
    auto const read = parse_sdp(
        "v=0\r\ns=x\r\ni=of the session\r\na=lang:SPA\r\na=lang:fr\r\n"
        "m=video 0 RTP/AVP 96\r\ni=Camera\r\na=lang:en\r\na=rtpmap:96 H264/90000\r\n"
        "m=audio 0 RTP/AVP 0\r\n"
        "m=audio 0 RTP/AVP 8\r\na=lang: ger \r\ni= Deutsch\x01 \r\n"
        "m=audio 0 RTP/AVP 8\r\na=lang:no tag\r\n");
    ASSERT_TRUE(read);
    auto const tracks = read->tracks();
    ASSERT_EQ(tracks.size(), 4U);
    EXPECT_EQ(tracks[0].language + tracks[0].name, "");
    EXPECT_EQ(tracks[1].language, "es");
    EXPECT_EQ(tracks[1].name, "");
    EXPECT_EQ(tracks[2].language, "de");
    EXPECT_EQ(tracks[2].name, "Deutsch");
    EXPECT_EQ(tracks[3].language, "");
}

TEST(Sdp, DescribesTheCodecsWhoseConfigurationComesInBand) {
    media::Tracks const tracks{media::Track{media::test::av1_160x120()},
                               media::Track{media::test::vp9_160x120()},
                               media::Track{media::Ac3Config{48000, 6, {0x10, 0x3d, 0xe0}}},
                               media::Track{media::Eac3Config{44100, 2, {}}},
                               media::Track{media::test::flac_mono_48000()},
                               media::Track{media::PcmaConfig{}},
                               media::Track{media::PcmuConfig{}},
                               media::Track{media::PcmuConfig{16000, 2}}};
    auto const text = write_sdp(tracks);
    EXPECT_TRUE(text.ends_with(
        "m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\na=rtpmap:96 AV1/90000\r\n"
        "a=fmtp:96 level-idx=0; profile=0; tier=0\r\na=framesize:96 160-120\r\n"
        "m=video 0 RTP/AVP 97\r\na=control:trackID=1\r\na=rtpmap:97 VP9/90000\r\n"
        "a=fmtp:97 profile-id=0\r\na=framesize:97 160-120\r\n"
        "m=audio 0 RTP/AVP 98\r\na=control:trackID=2\r\na=rtpmap:98 AC3/48000/6\r\n"
        "m=audio 0 RTP/AVP 99\r\na=control:trackID=3\r\na=rtpmap:99 eac3/44100/2\r\n"
        "m=application 0 RTP/AVP 100\r\na=control:trackID=4\r\na=rtpmap:100 flac/48000\r\n"
        "a=fmtp:100 streaminfo="
        "048004800000000000000bb800f00000000000000000000000000000000000000000\r\n"
        "m=audio 0 RTP/AVP 8\r\na=control:trackID=5\r\na=rtpmap:8 PCMA/8000\r\n"
        "m=audio 0 RTP/AVP 0\r\na=control:trackID=6\r\na=rtpmap:0 PCMU/8000\r\n"
        "m=audio 0 RTP/AVP 103\r\na=control:trackID=7\r\na=rtpmap:103 PCMU/16000/2\r\n"))
        << text;
    auto const read = parse_sdp(text);
    ASSERT_TRUE(read) << read.error();
    auto const again = read->tracks();
    ASSERT_EQ(again.size(), tracks.size());
    EXPECT_FALSE(again[0].configured()) << "a sequence header comes with the first key frame";
    EXPECT_FALSE(again[1].configured());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        EXPECT_EQ(again[i].codec(), tracks[i].codec()) << i;
        EXPECT_EQ(again[i].audio_format(), tracks[i].audio_format()) << i;
        EXPECT_EQ(read->medias[i].clock_rate, tracks[i].clock_rate()) << i;
    }
    EXPECT_EQ(again[4], tracks[4]);
}

TEST(Sdp, SoundWithoutItsChannelsHasTheUsualNumber) {
    auto const read = parse_sdp(
        "v=0\r\ns=x\r\nt=0 0\r\n"
        "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 AC3/48000\r\n"
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 EAC3/32000\r\n"
        "m=audio 0 RTP/AVP 98\r\na=rtpmap:98 pcma/16000\r\n"
        "m=audio 0 RTP/AVP 99\r\na=rtpmap:99 PCMA/8000/200\r\n");
    ASSERT_TRUE(read);
    auto const tracks = read->tracks();
    ASSERT_EQ(tracks.size(), 4U);
    EXPECT_EQ(tracks[0].audio_format(), (media::AudioFormat{48000, 6}));
    EXPECT_EQ(tracks[1].audio_format(), (media::AudioFormat{32000, 6}));
    EXPECT_EQ(tracks[2].audio_format(), (media::AudioFormat{16000, 1}));
    EXPECT_EQ(tracks[3].audio_format(), (media::AudioFormat{8000, 8})) << "no more are believed";
}

std::string with_media(std::string const& media) {
    return "v=0\r\ns=x\r\nt=0 0\r\n" + media;
}

TEST(Sdp, ReadsAacInLatm) {
    struct Case {
        char const* config;
        base::Bytes audio_specific_config;
    };
    Case const cases[] = {
        {"400024103fc0", {0x12, 0x08}},                // GStreamer: mono
        {"400024203fc0", {0x12, 0x10}},                // stereo
        {"40005623101fe0", {0x2B, 0x11, 0x88, 0x00}},  // SBR, signalled in front
    };
    for (auto const& c : cases) {
        auto const read = parse_sdp(
            with_media(std::string("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100\r\n"
                                   "a=fmtp:97 cpresent=0;object=2;config=") +
                       c.config + "\r\n"));
        ASSERT_TRUE(read) << read.error();
        ASSERT_TRUE(read->medias[0].track) << read->medias[0].unsupported;
        auto const& aac = std::get<media::AacConfig>(read->medias[0].track->config);
        EXPECT_EQ(aac.audio_specific_config, c.audio_specific_config);
        EXPECT_EQ(aac.sample_rate, 44100U);
        EXPECT_TRUE(read->medias[0].aac.latm);
    }
}

TEST(Sdp, KeepsWhatItDoesNotCarryWithAReason) {
    struct Case {
        char const* media;
        char const* reason;
    };
    Case const cases[] = {
        {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100/2\r\n", "LATM"},
        {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100\r\n"
         "a=fmtp:97 cpresent=0;config=410024103fc0\r\n",
         "several frames"},
        {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100\r\n"
         "a=fmtp:97 cpresent=0;config=4000\r\n",
         "LATM"},
        {"m=video 0 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n", "codec VP8"},
        {"m=audio 0 RTP/AVP 9\r\n", "codec G722"},
        {"m=audio 0 RTP/AVP 9 3\r\n", "codec G722 is not supported, codec GSM is not supported"},
        {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 flac/48000\r\n", "no valid streaminfo"},
        {"m=application 0 RTP/AVP 97\r\na=rtpmap:97 AC3/48000\r\n", "does not belong"},
        {"m=audio 0 RTP/AVP 99\r\n", "payload type 99 has no rtpmap"},
        {"m=audio 0 RTP/AVP\r\n", "no payload type"},
        {"m=video 0 RTP/AVP 255\r\n", "no payload type"},
        {"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n",
         "codec vnd.onvif.metadata"},
        {"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "does not belong in media audio"},
        {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\n",
         "interleaved mode"},
        {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\n", "invalid encoding or clock rate"},
        {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/4294967296\r\n", "clock rate"},
        {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/-1\r\n", "clock rate"},
        {"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000/0\r\n", "channel count"},
        {"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000/7\r\n", "no valid config"},
        {"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000/2\r\na=fmtp:96 "
         "config=1190; sizelength=99\r\n",
         "invalid lengths"},
        {"m=application 0 TCP/DTLS/SCTP 5000\r\n", "is not RTP"},
        {"m=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\na=fmtp:97 sprop-max-don-diff=2\r\n",
         "decoding order"},
        {"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/8000\r\na=fmtp:97 mode=CELP-cbr\r\n",
         "mode CELP-cbr"},
    };
    for (auto const& c : cases) {
        auto const read = parse_sdp(with_media(c.media));
        ASSERT_TRUE(read) << c.media << read.error();
        EXPECT_FALSE(read->medias[0].track) << c.media;
        EXPECT_NE(read->medias[0].unsupported.find(c.reason), std::string::npos)
            << read->medias[0].unsupported;
    }
}

struct Sloppy {
    char const* name;
    std::string text;
    media::Tracks tracks;
    char const* remark = "";
};

// What cameras and encoders write: the tracks that are meant, and what is said of the rest.
TEST(Sdp, ReadsWhatCanBeRead) {
    media::Track const bare{media::H264Config{}};
    media::Track const described{media::H264Config{{0x67, 0x42, 0xC0, 0x1F}, {0x68, 0xCE}}};
    media::Track const aac{media::AacConfig{{0x12, 0x10}, 44100, 2}};
    std::string const video = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
    std::string const audio = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/2\r\n";
    auto const sets = [&](std::string const& sprop) {
        return video + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=" + sprop + "\r\n";
    };
    Sloppy const cases[] = {
        {"a=sendonly", with_media(video + "a=sendonly\r\n"), {bare}},
        {"no v=0", video, {bare}},
        {"another version", "v=1\r\n" + video, {bare}},
        {"thread=0 0", "v=0\r\nthread=0 0\r\n=\r\n" + video + "thread=0 0\r\n", {bare}},
        {"spaces and tabs",
         " v=0 \r\nm=video\t0  RTP/AVP\t96 \r\na=rtpmap: 96\tH264/90000\r\n",
         {bare}},
        {"no packetization-mode", with_media(video), {bare}},
        {"packetization-mode=0", with_media(video + "a=fmtp:96 packetization-mode=0\r\n"), {bare}},
        {"rtx first",
         with_media("m=video 0 RTP/AVP 98 96\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=96\r\n"
                    "a=rtpmap:96 H264/90000\r\n"),
         {bare}},
        {"ONVIF metadata, G.722 and H264",
         with_media("m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                    "m=audio 0 RTP/AVP 9\r\n" +
                    video),
         {bare}},
        {"sprop", with_media(sets("Z0LAHw==,aM4=")), {described}},
        {"sprop in quotes", with_media(sets("\"Z0LAHw==,aM4=\"")), {described}},
        {"sprop with start codes", with_media(sets("AAAAAWdCwB8=,AAABaM4=")), {described}},
        {"both in one sprop", with_media(sets("AAAAAWdCwB8AAAABaM4=")), {described}},
        {"sprop that is not base 64", with_media(sets("!!!!")), {bare}, "is not base 64"},
        {"one of two is base 64",
         with_media(sets("Z0LAHw==,%")),
         {media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F}, {}}}},
         "is not base 64"},
        {"sprop of megabytes", with_media(sets(std::string(100000, 'A'))), {bare}, "base 64"},
        {"fmtp of another payload type",
         with_media(video + "a=fmtp:97 sprop-parameter-sets=Z0LAHw==,aM4=\r\n"),
         {described},
         "another payload type"},
        {"AAC without config",
         with_media(audio + "a=fmtp:97 mode=AAC-hbr;sizelength=13\r\n"),
         {aac},
         "AAC-LC"},
        {"AAC with half a config", with_media(audio + "a=fmtp:97 config=1\r\n"), {aac}, "AAC-LC"},
        {"AAC without fmtp", with_media(audio), {aac}, "AAC-LC"},
        {"AAC without sizelength", with_media(audio + "a=fmtp:97 config=1210\r\n"), {aac}},
    };
    for (auto const& c : cases) {
        auto const read = parse_sdp(c.text);
        ASSERT_TRUE(read) << c.name << ": " << read.error();
        EXPECT_EQ(read->tracks(), c.tracks) << c.name;
        auto const& carried = *std::ranges::find_if(
            read->medias, [](auto const& media) { return media.track.has_value(); });
        EXPECT_TRUE(carried.remark.contains(c.remark)) << c.name << ": " << carried.remark;
        EXPECT_EQ(carried.remark.empty(), std::string_view(c.remark).empty()) << c.name;
        EXPECT_TRUE(carried.unsupported.empty()) << c.name;
    }
}

TEST(Sdp, KeepsTheTypesBesideTheChosenOne) {
    auto const read =
        parse_sdp(with_media("m=video 0 RTP/AVP 98 96 100\r\na=rtpmap:98 rtx/90000\r\n"
                             "a=rtpmap:96 H264/90000\r\n"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->medias[0].payload_type, 96);
    EXPECT_EQ(read->medias[0].encoding, "H264");
    EXPECT_EQ(read->medias[0].other_types, (std::vector<std::uint8_t>{98, 100}));
}

TEST(Sdp, ReadsTheLengthsOfAac) {
    std::string const audio = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/8000\r\n";
    EXPECT_EQ(parse_sdp(audio)->medias[0].aac, rtp::AacFraming{});
    EXPECT_EQ(parse_sdp(audio + "a=fmtp:97 mode=AAC-lbr\r\n")->medias[0].aac,
              (rtp::AacFraming{6, 2, 2, false}));
    EXPECT_EQ(parse_sdp(audio + "a=fmtp:97 sizelength=16\r\n")->medias[0].aac,
              (rtp::AacFraming{16, 0, 0, false}));
}

TEST(Sdp, RefusesHostileText) {
    std::string many;
    for (int i = 0; i < 10000; ++i) many += "m=audio 0 RTP/AVP 0\r\n";
    std::string const cases[] = {
        "",
        "v=0\r\n",
        with_media("nonsense\r\n"),
        with_media(many),
        with_media(std::string(1 << 20, 'a')),
        with_media("m=audio 0 RTP/AVP 0\r\n" + std::string(kMaxSdpLines * 2, '\n')),
    };
    for (auto const& text : cases) {
        auto const read = parse_sdp(text);
        ASSERT_FALSE(read) << text.substr(0, 100);
        EXPECT_FALSE(read.error().empty());
    }
}

}  // namespace
}  // namespace tidegate::rtsp
