// Session descriptions as encoders, cameras and servers write them, and what is read. FFmpeg's and
// GStreamer's are their output (5.1, 1.22); the others are shortened from what such devices send.
#include <gtest/gtest.h>

#include "rtsp/core/sdp.hpp"
#include "rtsp/core/test_wire.hpp"

namespace tidegate::rtsp {
namespace {

// One line per media: its number, type, codec or why it is left out, payload type, clock rate,
// control, and what is remarkable.
std::string summary(MediaDescription const& media) {
    auto text = media.type + " ";
    if (!media.track) return text + "left out: " + media.unsupported;
    text += std::string(media.track->label()) + "/" + std::to_string(media.clock_rate);
    text += " " + std::to_string(media.payload_type) + " '" + media.control + "'";
    if (auto const* const sets = media.track->parameter_sets()) {
        text += ", " + std::to_string(sets->all().size()) + " sets";
    }
    if (auto const* const aac = std::get_if<media::AacConfig>(&media.track->config)) {
        text += ", " + std::to_string(aac->channel_count) + " channels";
        if (media.aac.latm) text += ", LATM";
        if (!media.aac.latm && media.aac != rtp::AacFraming{}) {
            text += ", lengths " + std::to_string(media.aac.size_length) + "/" +
                    std::to_string(media.aac.index_length) + "/" +
                    std::to_string(media.aac.index_delta_length);
        }
    }
    if (auto const* const opus = std::get_if<media::OpusConfig>(&media.track->config)) {
        text += ", " + std::to_string(opus->channel_count) + " channels";
    }
    if (media.packetization_mode != 0) {
        text += ", mode " + std::to_string(media.packetization_mode);
    }
    if (!media.other_types.empty()) text += ", other types";
    if (media.back_channel) text += ", sendonly";
    if (!media.remark.empty()) text += ", " + media.remark;
    return text;
}

struct DescriptionCase {
    char const* name;
    char const* text;
    char const* title;
    char const* control;
    std::vector<std::string> medias;
};

DescriptionCase const kCases[] = {
    {"FFmpeg: H.264 and AAC",
     "v=0\n"
     "o=- 0 0 IN IP4 127.0.0.1\n"
     "s=No Name\n"
     "c=IN IP4 127.0.0.1\n"
     "t=0 0\n"
     "a=tool:libavformat LIBAVFORMAT_VERSION\n"
     "m=video 0 RTP/AVP 96\n"
     "a=rtpmap:96 H264/90000\n"
     "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LACtoR7ARAAAADAEAAAAUDxImo,aM4PyA==; "
     "profile-level-id=42C00A\n"
     "a=control:streamid=0\n"
     "m=audio 0 RTP/AVP 97\n"
     "b=AS:32\n"
     "a=rtpmap:97 MPEG4-GENERIC/44100/1\n"
     "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; "
     "config=120856E500\n"
     "a=control:streamid=1\n",
     "No Name",
     "",
     {"video H264/90000 96 'streamid=0', 2 sets, mode 1",
      "audio MPEG-4 Audio/44100 97 'streamid=1', 1 channels"}},
    {"FFmpeg: H.265 without extradata, LATM, MP3, Opus",
     "v=0\n"
     "s=No Name\n"
     "m=video 0 RTP/AVP 96\n"
     "a=rtpmap:96 H265/90000\n"
     "a=control:streamid=0\n"
     "m=audio 0 RTP/AVP 97\n"
     "a=rtpmap:97 MP4A-LATM/44100/1\n"
     "a=fmtp:97 profile-level-id=41;cpresent=0;config=400024103fc0\n"
     "a=control:streamid=1\n"
     "m=audio 0 RTP/AVP 14\n"
     "a=control:streamid=2\n"
     "m=audio 0 RTP/AVP 98\n"
     "a=rtpmap:98 opus/48000/2\n"
     "a=control:streamid=3\n",
     "No Name",
     "",
     {"video H265/90000 96 'streamid=0', 0 sets",
      "audio MPEG-4 Audio/44100 97 'streamid=1', 1 channels, LATM",
      "audio MPEG-1/2 Audio/90000 14 'streamid=2'",
      "audio Opus/48000 98 'streamid=3', 2 channels"}},
    {"GStreamer: rtspclientsink",
     "v=0\n"
     "o=- 4180125371 1 IN IP4 127.0.0.1\n"
     "s=Session streamed with GStreamer\n"
     "i=rtspclientsink\n"
     "t=0 0\n"
     "a=tool:GStreamer\n"
     "m=video 0 RTP/AVP 96\n"
     "c=IN IP4 0.0.0.0\n"
     "b=AS:2097\n"
     "a=rtpmap:96 H264/90000\n"
     "a=framerate:10\n"
     "a=fmtp:96 packetization-mode=1;sprop-parameter-sets="
     "Z/QADZDZZBHsBagwMDIAAAMAAgAAAwApHihUkA==,aOvMRIRA;profile-level-id=f4000d;"
     "level-asymmetry-allowed=1\n"
     "a=control:stream=0\n"
     "a=ts-refclk:local\n"
     "a=mediaclk:sender\n"
     "a=ssrc:474396413 cname:user194216790@host-6eb1efa4\n",
     "Session streamed with GStreamer",
     "",
     {"video H264/90000 96 'stream=0', 2 sets, mode 1"}},
    {"MediaMTX",
     "v=0\n"
     "o=- 0 0 IN IP4 127.0.0.1\n"
     "s=No Name\n"
     "c=IN IP4 0.0.0.0\n"
     "t=0 0\n"
     "m=video 0 RTP/AVP 96\n"
     "a=control:trackID=0\n"
     "a=rtpmap:96 H265/90000\n"
     "a=fmtp:96 sprop-pps=RAHBcrRiQA==; sprop-sps=QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDllmbaSTyvAWgIAAAD"
     "AAgAAAMA8EA=; sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwB4lZgJ\n"
     "m=audio 0 RTP/AVP 96\n"
     "a=control:trackID=1\n"
     "a=rtpmap:96 opus/48000/2\n"
     "a=fmtp:96 sprop-stereo=1\n",
     "No Name",
     "",
     {"video H265/90000 96 'trackID=0', 3 sets", "audio Opus/48000 96 'trackID=1', 2 channels"}},
    {"Hikvision: absolute controls, ONVIF metadata, G.711",
     "v=0\n"
     "o=- 1767607200000000 1767607200000000 IN IP4 10.0.0.64\n"
     "s=Media Presentation\n"
     "e=NONE\n"
     "b=AS:5050\n"
     "t=0 0\n"
     "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/\n"
     "m=video 0 RTP/AVP 96\n"
     "c=IN IP4 0.0.0.0\n"
     "a=recvonly\n"
     "a=x-dimensions:1920,1080\n"
     "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=1\n"
     "a=rtpmap:96 H264/90000\n"
     "a=fmtp:96 profile-level-id=420029; packetization-mode=1; "
     "sprop-parameter-sets=Z2QAKawsaoHgCJ+WbgICAgQ=,aO48sAA=\n"
     "m=audio 0 RTP/AVP 0\n"
     "a=recvonly\n"
     "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=2\n"
     "a=rtpmap:0 PCMU/8000\n"
     "m=application 0 RTP/AVP 107\n"
     "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=3\n"
     "a=rtpmap:107 vnd.onvif.metadata/90000\n"
     "a=Media_header:MEDIAINFO=494D4B48010100000400000111710110401F00\n"
     "a=appversion:1.0\n",
     "Media Presentation",
     "rtsp://10.0.0.64:554/Streaming/Channels/101/",
     {"video H264/90000 96 'rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=1', 2 sets, mode 1",
      "audio G711/8000 0 'rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=2'",
      "application left out: codec vnd.onvif.metadata is not supported"}},
    {"Dahua: H.265, a back channel",
     "v=0\n"
     "o=- 2251938191 2251938191 IN IP4 0.0.0.0\n"
     "s=RTSP Session/2.0\n"
     "c=IN IP4 0.0.0.0\n"
     "t=0 0\n"
     "a=control:*\n"
     "a=range:npt=now-\n"
     "a=packetization-supported:DH\n"
     "m=video 0 RTP/AVP 98\n"
     "a=control:trackID=0\n"
     "a=framerate:25.000000\n"
     "a=rtpmap:98 H265/90000\n"
     "a=fmtp:98 profile-id=1;sprop-sps=QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFA;"
     "sprop-pps=RAHA8vA8kA==;sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwBarAk=\n"
     "a=recvonly\n"
     "m=audio 0 RTP/AVP 97\n"
     "a=control:trackID=1\n"
     "a=rtpmap:97 MPEG4-GENERIC/64000\n"
     "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
     "indexdeltalength=3;config=1108\n"
     "a=recvonly\n"
     "m=audio 0 RTP/AVP 97\n"
     "a=control:trackID=5\n"
     "a=rtpmap:97 mpeg4-generic/8000/1\n"
     "a=sendonly\n",
     "RTSP Session/2.0",
     "*",
     {"video H265/90000 98 'trackID=0', 3 sets",
      "audio MPEG-4 Audio/64000 97 'trackID=1', 1 channels",
      "audio MPEG-4 Audio/8000 97 'trackID=5', 1 channels, sendonly, without a valid config it is "
      "taken for AAC-LC"}},
    {"Axis: one media for all, a control with a query",
     "v=0\n"
     "o=- 1767607200 1 IN IP4 10.0.0.90\n"
     "s=Session streamed with GStreamer\n"
     "i=rtsp-server\n"
     "t=0 0\n"
     "a=tool:GStreamer\n"
     "a=control:rtsp://10.0.0.90/axis-media/media.amp?resolution=640x480\n"
     "a=range:npt=now-\n"
     "m=video 0 RTP/AVP 96\n"
     "b=AS:50000\n"
     "a=rtpmap:96 H264/90000\n"
     "a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;"
     "sprop-parameter-sets=Z00AKeKQGQJvLgLcBAQGkHiRFQ==,aO48gA==\n"
     "a=control:rtsp://10.0.0.90/axis-media/media.amp/stream=0?resolution=640x480\n"
     "a=framerate:25.000000\n"
     "a=transform:1.000000,0.000000,0.000000;0.000000,1.000000,0.000000;0.000000,0.000000,1.000000"
     "\n",
     "Session streamed with GStreamer",
     "rtsp://10.0.0.90/axis-media/media.amp?resolution=640x480",
     {"video H264/90000 96 "
      "'rtsp://10.0.0.90/axis-media/media.amp/stream=0?resolution=640x480', 2 sets, mode 1"}},
    {"live555: MP3 with a rate of its own",
     "v=0\n"
     "s=MPEG-1 or 2 Audio, streamed by the LIVE555 Media Server\n"
     "a=control:*\n"
     "m=audio 0 RTP/AVP 14\n"
     "c=IN IP4 0.0.0.0\n"
     "b=AS:128\n"
     "a=control:track1\n",
     "MPEG-1 or 2 Audio, streamed by the LIVE555 Media Server",
     "*",
     {"audio MPEG-1/2 Audio/90000 14 'track1'"}},
    {"a browser's offer of many formats",
     "v=0\n"
     "s=-\n"
     "m=video 9 RTP/AVP 96 97 102\n"
     "a=rtpmap:96 VP8/90000\n"
     "a=rtpmap:97 rtx/90000\n"
     "a=fmtp:97 apt=96\n"
     "a=rtpmap:102 H264/90000\n"
     "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n"
     "m=audio 9 RTP/AVP 111 0\n"
     "a=rtpmap:111 opus/48000/2\n"
     "a=fmtp:111 minptime=10;useinbandfec=1\n",
     "-",
     "",
     {"video H264/90000 102 '', 0 sets, mode 1, other types",
      "audio Opus/48000 111 '', 2 channels, other types"}},
    {"AAC with lengths that nobody else uses",
     "v=0\n"
     "m=audio 0 RTP/AVP 96\n"
     "a=rtpmap:96 mpeg4-generic/32000/2\n"
     "a=fmtp:96 mode=AAC-hbr;config=1290;sizelength=16;indexlength=0\n"
     "m=audio 0 RTP/AVP 97\n"
     "a=rtpmap:97 mpeg4-generic/8000/1\n"
     "a=fmtp:97 mode=aac-LBR;config=1588\n",
     "",
     "",
     {"audio MPEG-4 Audio/32000 96 '', 2 channels, lengths 16/0/0",
      "audio MPEG-4 Audio/8000 97 '', 1 channels, lengths 6/2/2"}},
    {"wrong in every line that can be wrong",
     "v=0\n"
     "s=\n"
     "m=\n"
     "m=video\n"
     "m=video 0 RTP/AVP x 300 -1 96\n"
     "a=rtpmap:96\n"
     "a=rtpmap:96 H264/90000\n"
     "a=fmtp:\n"
     "a=fmtp:96\n"
     "a=fmtp:96 ;;=;a;packetization-mode=;sprop-parameter-sets\n"
     "a=control:\n"
     "a=control: x y \n"
     "a\n"
     "=\n",
     "",
     "",
     {" left out: media  is not RTP", "video left out: media video is not RTP",
      "video H264/90000 96 'x y', 0 sets"}},
};

TEST(GoldenDescriptions, AreReadAsTheyAreMeant) {
    for (auto const& c : kCases) {
        auto const read = parse_sdp(test::wire(c.text));
        ASSERT_TRUE(read) << c.name << ": " << read.error();
        EXPECT_EQ(read->title, c.title) << c.name;
        EXPECT_EQ(read->control, c.control) << c.name;
        std::vector<std::string> medias;
        for (auto const& media : read->medias) medias.push_back(summary(media));
        EXPECT_EQ(medias, c.medias) << c.name;
    }
}

// Every cut of each description is read without a crash, and never describes more than the whole.
TEST(GoldenDescriptions, AreReadWhereverTheyAreCut) {
    for (auto const& c : kCases) {
        auto const whole = test::wire(c.text);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            auto const read = parse_sdp(std::string_view(whole).substr(0, size));
            if (!read) continue;
            EXPECT_LE(read->medias.size(), c.medias.size()) << c.name << " " << size;
        }
    }
}

// What we make of a description can be described again, and is then the same.
TEST(GoldenDescriptions, SurviveBeingWrittenAndReadAgain) {
    for (auto const& c : kCases) {
        auto const tracks = parse_sdp(test::wire(c.text))->tracks();
        auto const again = parse_sdp(write_sdp(tracks, c.title));
        ASSERT_TRUE(again) << c.name;
        ASSERT_EQ(again->tracks().size(), tracks.size()) << c.name;
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            EXPECT_EQ(again->tracks()[i], tracks[i]) << c.name << " " << i;
        }
    }
}

}  // namespace
}  // namespace tidegate::rtsp
