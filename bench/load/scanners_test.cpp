// The scanners find every unit of a stream, however its bytes are cut, and say when it was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/histogram.hpp"
#include "load/live_scanner.hpp"
#include "load/rtmp_scanner.hpp"
#include "load/rtsp_scanner.hpp"
#include "load/wire.hpp"
#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"
#include "rtmp/core/control.hpp"

namespace tidegate::bench {
namespace {

struct Seen final : UnitSink {
    std::vector<std::pair<bool, Nanoseconds>> units;
    std::uint32_t acknowledged = 0;
    void on_unit(TimeCode const& code) override { units.emplace_back(code.video, code.sent); }
    void on_acknowledge(std::uint32_t received) override { acknowledged = received; }
};

constexpr Nanoseconds kFirst = 123'456'789'000'000'000;

// Two audio units for each of 61 frames: two keyframes are among them.
template <class Append>
std::vector<std::pair<bool, Nanoseconds>> make_stream(Append const& append) {
    MediaSource source({});
    std::vector<std::pair<bool, Nanoseconds>> sent;
    for (int i = 0; i < 183; ++i) {
        auto const at = kFirst + i;
        sent.emplace_back(i % 3 == 0, at);
        append(source, i % 3 == 0 ? source.next_video(at) : source.next_audio(at));
    }
    return sent;
}

template <class Scanner>
void expect_all(Scanner const& fresh, base::ByteView wire,
                std::vector<std::pair<bool, Nanoseconds>> const& sent) {
    for (std::size_t const piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{1000}, wire.size()}) {
        auto scanner = fresh;
        Seen seen;
        for (auto rest = wire; !rest.empty();) {
            auto const part = rest.first(std::min(piece, rest.size()));
            rest = rest.subspan(part.size());
            ASSERT_TRUE(scanner.feed(part, seen));
        }
        EXPECT_EQ(seen.units, sent) << "in pieces of " << piece;
    }
}

TEST(RtmpScanner, FindsEveryUnitInChunksOfEverySize) {
    for (std::uint32_t const chunk : {128U, 4096U, 65536U}) {
        base::Bytes wire(3073, 0x2a);  // a handshake
        rtmp::append_control(wire, rtmp::MessageType::set_chunk_size, chunk);
        auto const sent =
            make_stream([&](MediaSource const& source, MediaSource::Made const& made) {
                append_rtmp(wire, source.tracks(), made, 1, chunk);
            });
        expect_all(RtmpScanner(3073, 128), wire, sent);
    }
}

TEST(RtmpScanner, AcknowledgesHalfAWindow) {
    base::Bytes wire;
    rtmp::append_control(wire, rtmp::MessageType::window_ack_size, 1000);
    wire.resize(wire.size() + 484, 0);
    RtmpScanner scanner(0, 128);
    Seen seen;
    static_cast<void>(scanner.feed(base::ByteView(wire).first(16), seen));
    EXPECT_EQ(seen.acknowledged, 0U);
    base::Bytes more;
    for (int i = 0; i < 40; ++i) {
        rtmp::append_control(more, rtmp::MessageType::acknowledgement, 1);
    }
    ASSERT_TRUE(scanner.feed(more, seen));
    EXPECT_EQ(seen.acknowledged, 16U + more.size());
}

TEST(RtmpScanner, RefusesWhatIsNotRtmp) {
    RtmpScanner scanner(0, 128);
    Seen seen;
    EXPECT_FALSE(scanner.feed(base::as_bytes(std::string(64, '\x01')), seen));
}

TEST(RtspScanner, FindsEveryUnitBetweenResponses) {
    base::Bytes wire;
    auto const say = [&](std::string_view text) { base::ByteWriter(wire).text(text); };
    say("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 7\r\n\r\n$v=0\r\n.");
    MediaSource probe({});
    RtpWire rtp(probe.tracks());
    auto const sent = make_stream([&](MediaSource const&, MediaSource::Made const& made) {
        rtp.append(wire, made);
        if (made.keyframe && made.video) say("RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n");
    });
    expect_all(RtspScanner(), wire, sent);
}

TEST(RtspScanner, RefusesWhatIsNotRtsp) {
    RtspScanner scanner;
    Seen seen;
    EXPECT_FALSE(scanner.feed(base::as_bytes("HTTP/1.1 400"), seen));
}

// A fragment for each unit, and one for two audio units.
TEST(LiveScanner, FindsEveryUnitOfTheFragments) {
    base::Bytes wire;
    base::ByteWriter(wire).text("HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n");
    MediaSource probe({});
    auto const append = [&](base::SharedBytes const& part) {
        wire.insert(wire.end(), part.view().begin(), part.view().end());
    };
    append(*mp4::write_init_segment(std::vector<mp4::TrackSetup>{
        {.id = 1, .track = probe.tracks()[0]}, {.id = 2, .track = probe.tracks()[1]}}));
    std::vector<mp4::FragmentSample> sound;
    std::uint32_t number = 0;
    auto const sent = make_stream([&](MediaSource const&, MediaSource::Made const& made) {
        mp4::FragmentSample const sample{.duration = 1,
                                         .sync = !made.video || made.keyframe,
                                         .payload = base::SharedBytes::copy_of(made.payload)};
        std::vector<mp4::FragmentSample> const picture{sample};
        if (!made.video) sound.push_back(sample);
        if (!made.video && sound.size() < 2) return;
        mp4::TrackRun const run{.track_id = made.video ? 1U : 2U,
                                .samples = made.video ? picture : sound};
        for (auto const& part : mp4::write_fragment(++number, {&run, 1})->parts) append(part);
        if (!made.video) sound.clear();
    });
    expect_all(LiveScanner(), wire, sent);
}

TEST(LiveScanner, RefusesWhatIsNoSuchAnswer) {
    Seen seen;
    EXPECT_FALSE(LiveScanner().feed(base::as_bytes("HTTP/1.1 404 Not Found"), seen));
    EXPECT_FALSE(
        LiveScanner().feed(base::as_bytes("HTTP/1.1 200 OK\r\n\r\n<!doctype html>"), seen));
}

TEST(Histogram, TellsPercentilesToTwoPercent) {
    Histogram histogram;
    EXPECT_EQ(histogram.percentile(50), 0);
    for (Nanoseconds i = 1; i <= 100'000; ++i) histogram.add(i * 1000);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), 50e6, 1e6);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(99)), 99e6, 2e6);
    EXPECT_EQ(histogram.max(), 100'000'000);
    EXPECT_EQ(histogram.count(), 100'000U);
}

}  // namespace
}  // namespace tidegate::bench
