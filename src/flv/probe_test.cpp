#include "flv/probe.hpp"

#include <gtest/gtest.h>

#include "media/avcc.hpp"
#include "media/test_samples.hpp"

namespace tidegate::flv {
namespace {

using namespace std::chrono_literals;
using base::SharedBytes;
using base::Timestamp;
using media::Codec;
using media::Kind;
using media::test::hex;

media::Track const kPicture{media::test::h264_main_360p()};
media::Track const kSound{media::test::aac_stereo_44100()};

Frame frame(Codec codec, std::string_view payload = "00000001 65") {
    return {codec, true, {}, SharedBytes::copy_of(hex(payload))};
}

// A publisher in front of a probe.
struct Publisher {
    Probe probe;

    void header(media::Track const& track) {
        EXPECT_TRUE(probe.add(SequenceHeader{track}, track.kind(), 0s));
    }
    void video(Timestamp dts) { EXPECT_TRUE(probe.add(frame(Codec::h264), Kind::video, dts)); }
    void audio(Timestamp dts) {
        EXPECT_TRUE(probe.add(frame(Codec::aac, "2110"), Kind::audio, dts));
    }
    // The media time at which audio (or video) alone makes the probe ready; nothing if 30 s do not.
    std::optional<Timestamp> audio_until_ready() {
        for (auto at = 0ms; at < 30s; at += 20ms) {
            audio(at);
            if (probe.ready()) return at;
        }
        return std::nullopt;
    }
    std::optional<Timestamp> video_until_ready() {
        for (auto at = 0ms; at < 30s; at += 40ms) {
            video(at);
            if (probe.ready()) return at;
        }
        return std::nullopt;
    }
};

TEST(Probe, IsReadyWithBothHeadersAndTheFirstMedia) {
    Publisher publisher;
    EXPECT_FALSE(publisher.probe.ready());
    publisher.header(kSound);
    EXPECT_FALSE(publisher.probe.ready());
    publisher.header(kPicture);
    EXPECT_FALSE(publisher.probe.ready()) << "headers of further tracks may follow until media";
    publisher.probe.note_pause();
    EXPECT_TRUE(publisher.probe.ready()) << "or until the sender pauses";
    publisher.header(kSound);
    EXPECT_FALSE(publisher.probe.ready());
    publisher.audio(0s);
    EXPECT_TRUE(publisher.probe.ready());
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks, (media::Tracks{kPicture, kSound}))
        << "video first, whatever came first";
    EXPECT_EQ(found->units.size(), 1U);
}

// What a server sends to its players: it names all its tracks, and no media comes before the next
// key frame.
TEST(Probe, TheHeadersOfAServerAreEnoughWhenAllTracksHaveTheirs) {
    Publisher server;
    server.probe.expect({.video = true, .audio = true, .others = 1});
    server.header(kPicture);
    server.header(kSound);
    EXPECT_FALSE(server.probe.ready());
    ASSERT_TRUE(server.probe.add(SequenceHeader{kSound, 1}, Kind::audio, 0s));
    EXPECT_TRUE(server.probe.ready());
    EXPECT_EQ(std::move(server.probe).finish()->tracks, (media::Tracks{kPicture, kSound, kSound}));
}

TEST(Probe, MetadataSaysWhomToWaitFor) {
    struct Case {
        char const* name;
        Expectation expectation;
        std::optional<Timestamp>
            ready_with_audio;  // audio configured and flowing, video never seen
    };
    Case const cases[] = {
        {"audio only", {.video = false, .audio = true}, kProbeDoubt},
        {"both", {.video = true, .audio = true}, kProbeLimit},
        {"nothing said", {}, kProbeGrace},
        {"video not mentioned", {.video = std::nullopt, .audio = true}, kProbeGrace},
        {"no audio, which is wrong", {.video = false, .audio = false}, kProbeDoubt},
    };
    for (auto const& c : cases) {
        Publisher publisher;
        publisher.probe.expect(c.expectation);
        publisher.header(kSound);
        EXPECT_EQ(publisher.audio_until_ready(), c.ready_with_audio) << c.name;
        auto const found = std::move(publisher.probe).finish();
        ASSERT_TRUE(found) << c.name;
        EXPECT_EQ(found->tracks, media::Tracks{kSound}) << c.name;
    }
}

TEST(Probe, MetadataThatForgetsATrackIsNotBelievedAtOnce) {
    Publisher publisher;
    publisher.probe.expect({.video = true, .audio = false});
    publisher.header(kPicture);
    publisher.video(0s);
    publisher.video(40ms);
    EXPECT_FALSE(publisher.probe.ready());
    publisher.header(kSound);
    EXPECT_TRUE(publisher.probe.ready());
    EXPECT_EQ(std::move(publisher.probe).finish()->tracks, (media::Tracks{kPicture, kSound}));
}

TEST(Probe, ATrackThatIsSeenIsWaitedForEvenAgainstTheMetadata) {
    Publisher publisher;
    publisher.probe.expect({.video = false, .audio = true});
    publisher.video(0s);
    publisher.header(kSound);
    EXPECT_FALSE(publisher.probe.ready());
    publisher.header(kPicture);
    EXPECT_TRUE(publisher.probe.ready());
}

TEST(Probe, KeepsTheUnitsInOrderWithRawTimes) {
    Publisher publisher;
    publisher.header(kSound);
    publisher.audio(10ms);
    auto b_frame = frame(Codec::h264);
    b_frame.composition_time = 80ms;
    b_frame.keyframe = false;
    ASSERT_TRUE(publisher.probe.add(b_frame, Kind::video, 5s));
    publisher.audio(-30ms);
    publisher.header(kPicture);
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    ASSERT_EQ(found->units.size(), 3U);
    EXPECT_EQ(found->units[0].track, 1);
    EXPECT_EQ(found->units[0].dts, 10ms);
    EXPECT_EQ(found->units[1].track, 0);
    EXPECT_EQ(found->units[1].dts, 5s);
    EXPECT_EQ(found->units[1].pts, 5080ms);
    EXPECT_FALSE(found->units[1].keyframe);
    EXPECT_EQ(found->units[1].payload.data(), b_frame.payload.data());
    EXPECT_EQ(found->units[2].dts, -30ms);
}

TEST(Probe, ALaterHeaderReplacesTheFirst) {
    Publisher publisher;
    publisher.header(kPicture);
    media::Track const other{media::test::h264_720p()};
    publisher.header(other);
    publisher.header(kSound);
    EXPECT_EQ(std::move(publisher.probe).finish()->tracks, (media::Tracks{other, kSound}));
}

TEST(Probe, Mp3ExplainsItselfInItsFirstFrame) {
    Publisher publisher;
    publisher.header(kPicture);
    ASSERT_TRUE(publisher.probe.add(frame(Codec::mp3, "fffbb4c4"), Kind::audio, 0s));
    EXPECT_TRUE(publisher.probe.ready());
    auto const found = std::move(publisher.probe).finish();
    EXPECT_EQ(found->tracks[1], (media::Track{media::Mp3Config{48000, 1}}));
    EXPECT_EQ(found->units.size(), 1U);
}

TEST(Probe, AFirstTimeStampFarFromTheNextDoesNotEndIt) {
    for (auto const jump : {Timestamp(24h), Timestamp(-24h)}) {
        Publisher publisher;
        publisher.header(kPicture);
        publisher.video(0s);
        publisher.video(jump);
        publisher.video(jump + 40ms);
        EXPECT_FALSE(publisher.probe.ready());
        publisher.header(kSound);
        EXPECT_TRUE(publisher.probe.ready());
    }
}

TEST(Probe, TracksWithDifferentZerosAreMeasuredApart) {
    Publisher publisher;
    publisher.header(kPicture);
    for (int i = 0; i < 10; ++i) {
        publisher.video(std::chrono::hours(9) + i * 40ms);
        publisher.audio(i * 20ms);
    }
    EXPECT_FALSE(publisher.probe.ready());
}

TEST(Probe, WithoutAnyConfigurationTheErrorNamesTheTrack) {
    Publisher silent;
    EXPECT_EQ(std::move(silent.probe).finish().error().message, "no tracks found");
    Publisher video;
    EXPECT_EQ(video.video_until_ready(), kProbeLimit);
    EXPECT_EQ(std::move(video.probe).finish().error().message, "video track 0 not configured");
    Publisher audio;
    EXPECT_EQ(audio.audio_until_ready(), kProbeLimit);
    EXPECT_EQ(std::move(audio.probe).finish().error().message, "audio track 0 not configured");
}

TEST(Probe, UnitsOfATrackThatStayedUnconfiguredAreDropped) {
    Publisher publisher;
    publisher.header(kPicture);
    publisher.audio(0s);
    EXPECT_EQ(publisher.video_until_ready(), kProbeLimit);
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks, media::Tracks{kPicture});
    for (auto const& unit : found->units) EXPECT_EQ(unit.track, 0);
    EXPECT_EQ(found->units.size(), 51U);
}

TEST(Probe, AFloodWithoutMediaTimeIsRefused) {
    Publisher publisher;
    for (std::size_t i = 0; i < kMaxProbeUnits; ++i) publisher.video(0s);
    EXPECT_EQ(publisher.probe.add(frame(Codec::h264), Kind::video, 0s).error().message,
              "max recorded size exceeded");
    EXPECT_FALSE(publisher.probe.ready());
}

TEST(Probe, BytesAreBoundedToo) {
    Probe probe;
    auto const big = Frame{Codec::h264, true, {}, SharedBytes::copy_of(base::Bytes(8 << 20))};
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(probe.add(big, Kind::video, 0s));
    EXPECT_EQ(probe.add(frame(Codec::h264), Kind::video, 0s).error().message,
              "max recorded size exceeded");
}

TEST(Probe, EmptyTagsAreNothing) {
    Probe probe;
    EXPECT_TRUE(probe.add(Nothing{}, Kind::video, 0s));
    EXPECT_TRUE(probe.add(EndOfSequence{}, Kind::video, 9s));
    EXPECT_EQ(std::move(probe).finish().error().message, "no tracks found");
}

constexpr std::uint32_t kVp8 = 0x76703038;
constexpr std::uint32_t kAc4 = 0x61632d34;
constexpr std::uint8_t kSpeex = 11;

TEST(Probe, ACodecThatIsNotCarriedDoesNotStopOneThatIs) {
    Publisher publisher;
    publisher.header(kPicture);
    ASSERT_TRUE(publisher.probe.add(Unsupported{kSpeex}, Kind::audio, 0ms));
    publisher.video(0ms);
    EXPECT_FALSE(publisher.probe.ready()) << "a second audio track may come";
    ASSERT_TRUE(publisher.probe.add(Unsupported{kSpeex}, Kind::audio, 20ms));
    EXPECT_TRUE(publisher.probe.ready());
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks, media::Tracks{kPicture});
    EXPECT_EQ(found->left_out.text(), "Speex audio (not supported)");
}

TEST(Probe, NothingThatIsCarriedIsRefusedByName) {
    Probe probe;
    ASSERT_TRUE(probe.add(Unsupported{kVp8}, Kind::video, 0ms));
    ASSERT_TRUE(probe.add(Unsupported{kAc4}, Kind::audio, 0ms));
    EXPECT_FALSE(probe.ready());
    ASSERT_TRUE(probe.add(Unsupported{kAc4}, Kind::audio, 23ms));
    EXPECT_TRUE(probe.ready());
    EXPECT_EQ(
        std::move(probe).finish().error().message,
        "no track that can be carried: VP8 video (not supported), AC-4 audio (not supported)");
}

TEST(Probe, ACodecThatIsNotCarriedAloneIsRefusedInTime) {
    Probe probe;
    auto at = Timestamp{};
    for (; !probe.ready(); at += 40ms) {
        ASSERT_TRUE(probe.add(Unsupported{kVp8}, Kind::video, at));
        ASSERT_LE(at, kProbeLimit);
    }
    EXPECT_EQ(at, kProbeGrace + 40ms);
}

TEST(Probe, FindsAllTracksInTheOrderOfTheirIds) {
    Publisher publisher;
    media::Track const opus{media::OpusConfig{}};
    media::Track const second{media::test::h264_720p()};
    auto& probe = publisher.probe;
    publisher.header(kSound);
    ASSERT_TRUE(probe.add(SequenceHeader{opus, 4}, Kind::audio, 0s));
    ASSERT_TRUE(probe.add(SequenceHeader{second, 1}, Kind::video, 0s));
    publisher.header(kPicture);
    ASSERT_TRUE(probe.add(SequenceHeader{kSound, 2}, Kind::audio, 0s));
    publisher.audio(0s);
    EXPECT_TRUE(probe.ready());
    auto const found = std::move(probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks, (media::Tracks{kPicture, second, kSound, kSound, opus}));
    EXPECT_TRUE(found->left_out.empty());
    EXPECT_EQ(found->map.find(Codec::aac), 2);
    EXPECT_EQ(found->map.find(Codec::aac, 2), 3);
    EXPECT_EQ(found->map.find(Codec::opus, 4), 4);
    EXPECT_EQ(found->map.find(Codec::aac, 4), std::nullopt) << "another codec";
    EXPECT_EQ(found->map.find(Kind::video, 1), 1);
    EXPECT_EQ(found->map.find(Kind::audio, 1), std::nullopt);
}

TEST(Probe, WaitsForEveryAnnouncedTrack) {
    Publisher publisher;
    publisher.header(kPicture);
    publisher.header(kSound);
    // The header of AC-3 is empty: its first frame tells what it is.
    ASSERT_TRUE(publisher.probe.add(SequenceHeader{{media::Ac3Config{}}, 1}, Kind::audio, 0s));
    publisher.video(0s);
    publisher.audio(10ms);
    EXPECT_FALSE(publisher.probe.ready());
    auto ac3 = frame(Codec::ac3, "0b77480d0c402f84");
    ac3.track_id = 1;
    ac3.configuration = true;
    ASSERT_TRUE(publisher.probe.add(ac3, Kind::audio, 20ms));
    EXPECT_TRUE(publisher.probe.ready());
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    ASSERT_EQ(found->tracks.size(), 3U);
    EXPECT_EQ(found->tracks[2].audio_format(), (media::AudioFormat{48000, 1}));
    EXPECT_EQ(found->units.size(), 3U);
}

TEST(Probe, SoundThatStaysUnknownIsLeftOut) {
    Publisher publisher;
    publisher.header(kPicture);
    ASSERT_TRUE(publisher.probe.add(SequenceHeader{{media::Ac3Config{}}}, Kind::audio, 0s));
    EXPECT_EQ(publisher.video_until_ready(), kProbeLimit);
    EXPECT_EQ(std::move(publisher.probe).finish()->tracks, media::Tracks{kPicture});
}

TEST(Probe, MoreTracksThanAStreamMayHaveAreNamed) {
    Publisher publisher;
    publisher.header(kPicture);
    for (unsigned id = 0; id < 200; ++id) {
        SequenceHeader const header{kSound, static_cast<std::uint8_t>(id)};
        ASSERT_TRUE(publisher.probe.add(header, Kind::audio, 0s));
    }
    auto late = frame(Codec::aac, "2110");
    late.track_id = 199;
    ASSERT_TRUE(publisher.probe.add(late, Kind::audio, 0s));
    publisher.video(0s);
    EXPECT_TRUE(publisher.probe.ready());
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks.size(), media::kMaxTracks);
    EXPECT_TRUE(found->map.full());
    EXPECT_TRUE(found->left_out.text().starts_with("AAC audio track 15 (too many tracks), "));
    EXPECT_EQ(found->units.size(), 1U);
}

TEST(Probe, ATrackOfACodecThatIsNotCarriedDoesNotHideTheNext) {
    Publisher publisher;
    publisher.header(kPicture);
    auto const first = Tag(Unsupported{kAc4});
    auto const second = Tag(SequenceHeader{kSound, 4});
    ASSERT_TRUE(publisher.probe.add(Multitrack{{first, second}}, Kind::audio, 0s));
    EXPECT_TRUE(publisher.probe.ready());
    auto aac = frame(Codec::aac, "2110");
    ASSERT_TRUE(publisher.probe.add(aac, Kind::audio, 0s));
    aac.track_id = 4;
    ASSERT_TRUE(publisher.probe.add(aac, Kind::audio, 0s));
    auto const found = std::move(publisher.probe).finish();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tracks, (media::Tracks{kPicture, kSound}));
    EXPECT_EQ(found->map.find(Codec::aac, 4), 1);
    EXPECT_EQ(found->units.size(), 1U) << "of the track that is carried";
}

TEST(Probe, G711AndAv1ExplainThemselvesInTheirFirstUnits) {
    struct Case {
        char const* name;
        Frame frame;
        media::Track track;
    };
    Frame const stereo{.codec = Codec::pcmu,
                       .keyframe = true,
                       .payload = SharedBytes::copy_of(hex("ffff")),
                       .channel_count = 2};
    Frame const av1{.codec = Codec::av1,
                    .keyframe = true,
                    .payload = SharedBytes::copy_of(hex("0a0b020000051da7fb805f0008 32031000aa")),
                    .configuration = true};
    Case const cases[] = {{"G.711", stereo, media::Track{media::PcmuConfig{8000, 2}}},
                          {"AV1", av1, media::Track{media::test::av1_160x120()}}};
    for (auto const& c : cases) {
        Probe probe;
        auto const kind = c.track.kind();
        probe.expect({.video = kind == Kind::video, .audio = kind == Kind::audio});
        ASSERT_TRUE(probe.add(c.frame, kind, 0s)) << c.name;
        auto const found = std::move(probe).finish();
        ASSERT_TRUE(found) << c.name;
        EXPECT_EQ(found->tracks, media::Tracks{c.track}) << c.name;
    }
}

TEST(TrackMap, FindsOnlyWhatWasSetUp) {
    TrackMap const map(media::Tracks{kPicture});
    EXPECT_EQ(map.find(Codec::h264), 0);
    EXPECT_EQ(map.find(Kind::video), 0);
    EXPECT_EQ(map.find(Codec::aac), std::nullopt);
    EXPECT_EQ(map.find(Kind::audio), std::nullopt);
    EXPECT_EQ(map.find(Codec::h265), std::nullopt) << "another codec is another track";
    EXPECT_EQ(TrackMap(media::Tracks{kPicture, kSound, kSound}).find(Codec::aac, 1), 2);
}

Frame frame_with_sets(media::Codec codec, std::initializer_list<base::Bytes> nalus) {
    base::Bytes payload;
    for (auto const& nalu : nalus) media::append_avcc(payload, nalu);
    return {.codec = codec,
            .keyframe = true,
            .payload = SharedBytes::copy_of(payload),
            .configuration = true};
}

TEST(Probe, MakesATrackOfTheParameterSetsInTheFirstKeyFrame) {
    struct Case {
        char const* name;
        std::optional<media::Track> header;
    };
    Case const cases[] = {
        {"no header", std::nullopt},
        {"a header without sets", media::Track{media::H264Config{}}},
        {"a header with an SPS only", media::Track{media::H264Config{hex("674d401e80")}}},
    };
    for (auto const& c : cases) {
        Publisher publisher;
        publisher.header(kSound);
        if (c.header) publisher.header(*c.header);
        EXPECT_FALSE(publisher.probe.ready()) << c.name;
        EXPECT_TRUE(publisher.probe.add(
            frame_with_sets(Codec::h264, {hex("674d401e80"), hex("68ee"), hex("6588")}),
            Kind::video, 0s));
        ASSERT_TRUE(publisher.probe.ready()) << c.name;
        auto const found = std::move(publisher.probe).finish();
        ASSERT_TRUE(found) << c.name;
        EXPECT_EQ(found->tracks,
                  (media::Tracks{{media::H264Config{hex("674d401e80"), hex("68ee")}}, kSound}))
            << c.name;
        EXPECT_EQ(found->units.size(), 1U) << c.name;
    }
}

TEST(Probe, MakesATrackOfH265SetsInTheFirstKeyFrame) {
    auto const config = media::test::h265_1080p();
    auto const set = [&](media::NalRole role) { return media::test::first_set(config.sets, role); };
    Publisher publisher;
    publisher.header({media::H265Config{}});
    publisher.header(kSound);
    EXPECT_FALSE(publisher.probe.ready());
    EXPECT_TRUE(publisher.probe.add(
        frame_with_sets(Codec::h265, {set(media::NalRole::vps), set(media::NalRole::sps),
                                      set(media::NalRole::pps), hex("260188")}),
        Kind::video, 0s));
    ASSERT_TRUE(publisher.probe.ready());
    EXPECT_EQ(std::move(publisher.probe).finish()->tracks, (media::Tracks{{config}, kSound}));
}

TEST(Probe, AHeaderWithoutSetsIsEnoughAfterTheLimit) {
    Publisher publisher;
    publisher.header({media::H264Config{}});
    EXPECT_GE(publisher.video_until_ready(), kProbeLimit);
    EXPECT_EQ(std::move(publisher.probe).finish()->tracks, (media::Tracks{{media::H264Config{}}}));
}

}  // namespace
}  // namespace tidegate::flv
