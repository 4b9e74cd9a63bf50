// Units of any kind as a transport stream, whose packets must be sound and hold what was put in.
#include <algorithm>
#include <cstdint>

#include "checks.hpp"
#include "media/avcc.hpp"
#include "media/test_samples.hpp"
#include "script.hpp"
#include "ts/test_demuxer.hpp"
#include "ts/writer.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

constexpr std::size_t kMaxTracks = 4;
constexpr int kMaxUnits = 100;

media::Track track_of(fuzz::Script& script) {
    switch (script.below(7)) {
        case 0:
            return {media::test::h264_720p()};
        case 1:
            return {media::test::h265_1080p()};
        case 2:
            return {media::H264Config{}};
        case 3:
            return {media::OpusConfig{script.byte()}};
        case 4:
            return {media::Mp3Config{script.flag() ? 44100U : 22050U, 2}};
        case 5: {
            auto const config = script.bytes(script.below(8));
            return {media::AacConfig{base::Bytes(config.begin(), config.end()), 44100, 2}};
        }
        default:
            return {media::test::aac_stereo_44100()};
    }
}

base::Bytes payload_of(fuzz::Script& script, media::Track const& track) {
    base::Bytes payload;
    if (track.kind() == media::Kind::audio) {
        payload.resize(script.two_bytes() % 10'000, 0x5a);
        return payload;
    }
    for (auto left = script.below(4); left > 0; --left) {
        auto const start = script.bytes(3);
        base::Bytes nalu(start.begin(), start.end());
        nalu.resize(nalu.size() + script.two_bytes() % 2000, 0xa5);
        media::append_avcc(payload, nalu);
    }
    script.damage(payload);
    return payload;
}

// One PES packet that ends in the payload, and tables around it.
void check(base::ByteView packets, media::Unit const& unit, media::Track const& track) {
    auto const demuxed = ts::test::Demuxer().run(packets);
    require(demuxed.fault.empty());
    int found = 0;
    for (auto const& piece : demuxed.pieces) {
        if (piece.pid == ts::kPatPid || piece.pid == ts::kPmtPid) continue;
        ++found;
        auto const pes = ts::test::read_pes(piece.bytes);
        require(pes && piece.random_access == unit.keyframe);
        auto const payload = unit.payload.view();
        if (track.kind() == media::Kind::video) continue;
        require(pes->payload.size() >= payload.size() &&
                std::ranges::equal(pes->payload.last(payload.size()), payload));
    }
    require(found == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Script script(data, size);
    media::Tracks tracks;
    for (auto left = 1 + script.below(kMaxTracks); left > 0; --left)
        tracks.push_back(track_of(script));
    ts::Writer writer(tracks);
    base::SharedBytesBuilder all;
    base::Timestamp now = std::chrono::seconds(10);
    for (int i = 0; i < kMaxUnits && !script.done(); ++i) {
        if (script.below(10) == 9) writer.begin_segment();
        auto const track = static_cast<std::uint16_t>(script.below(tracks.size()));
        now += std::chrono::microseconds(static_cast<std::int64_t>(script.number()) - 100);
        media::Unit unit;
        unit.track = track;
        unit.keyframe = script.flag();
        unit.dts = now;
        unit.pts = now + std::chrono::milliseconds(script.byte());
        unit.payload = base::SharedBytes::copy_of(payload_of(script, tracks[track]));
        auto const before = all.size();
        auto const written = writer.write(unit, all);
        auto const packets = all.view().subspan(before);
        require(written || packets.empty());
        require(packets.empty() || writer.carries(track));
        if (!packets.empty()) check(packets, unit, tracks[track]);
    }
    // Counters go on from unit to unit.
    require(ts::test::Demuxer().run(all.view()).fault.empty());
    return 0;
}
