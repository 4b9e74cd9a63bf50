// Packets and reports of two tracks: a byte says which and what (1: audio, 2: a report, 4: a
// pause), another how much later it comes, then its length and bytes. The other bits of the first
// byte choose the codecs. No sound is decoded after it is heard.
#include <cstdlib>
#include <variant>

#include "rtp/receiver.hpp"

namespace {

using namespace tidegate;

void check(std::vector<media::Unit> const& units) {
    for (auto const& unit : units) {
        if (unit.track > 1 || unit.payload.empty()) std::abort();
        if (unit.track == 1 && unit.dts > unit.pts) std::abort();
    }
}

std::vector<rtp::ReceivedTrack> setup_of(std::uint8_t choice) {
    using media::Track;
    auto const pair = [](Track video, Track audio) -> std::vector<rtp::ReceivedTrack> {
        return {{std::move(video), {.track = 0}}, {std::move(audio), {.track = 1}}};
    };
    switch (choice % 6) {
        case 1:
            return pair({media::Av1Config{}}, {media::OpusConfig{}});
        case 2:
            return pair({media::Vp9Config{}}, {media::Ac3Config{48000, 6, {}}});
        case 3:
            return pair({media::H265Config{}}, {media::FlacConfig{base::Bytes(34), 48000, 2}});
        case 4:
            return pair({media::H264Config{}}, {media::Eac3Config{48000, 6, {}}});
        case 5:
            return pair({media::Av1Config{}}, {media::PcmuConfig{}});
        default:
            return pair({media::H264Config{}}, {media::AacConfig{{0x12, 0x10}, 44100, 2}});
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    rtp::Receiver receiver(setup_of(size == 0 ? 0 : data[0] >> 3), std::chrono::seconds{3});
    std::vector<media::Unit> units;
    base::Timestamp now = std::chrono::seconds{1000};
    base::ByteReader reader({data, size});
    while (reader.remaining() > 3) {
        auto const what = reader.u8();
        now += std::chrono::milliseconds{reader.u8() * ((what & 4) != 0 ? 100 : 1)};
        auto const packet = reader.take(reader.u16());
        if (reader.failed()) break;
        std::size_t const track = what & 1;
        if ((what & 2) == 0) {
            static_cast<void>(receiver.on_rtp(track, packet, now, units));
        } else if (auto const reports = rtp::parse_rtcp(packet)) {
            for (auto const& report : *reports) {
                auto const* const sender = std::get_if<rtp::SenderReport>(&report);
                if (sender != nullptr) receiver.on_report(track, *sender, now, units);
            }
        }
        receiver.on_time(now, units);
        static_cast<void>(receiver.sync_error(track));
    }
    receiver.on_time(base::Timestamp::max(), units);
    check(units);
    return 0;
}
