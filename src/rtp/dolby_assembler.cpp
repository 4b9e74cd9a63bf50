// Makes units of the packets of AC-3 (RFC 4184 §4) and E-AC-3 (RFC 4598 §4): one frame or several
// in a packet, or one frame in several packets.
#include <algorithm>
#include <utility>

#include "media/ac3.hpp"
#include "media/access_unit.hpp"
#include "media/limits.hpp"
#include "rtp/assembler.hpp"
#include "rtp/payload_layouts.hpp"

namespace tidegate::rtp {

namespace {

// How a packet is part of a frame.
enum class DolbyPart : std::uint8_t { whole, first, later };

struct Ac3Payload {
    // FT: 0 whole frames, 1 and 2 a first fragment, 3 a later one.
    static DolbyPart part(std::uint8_t head, bool) {
        auto const type = head & 3;
        if (type == 0) return DolbyPart::whole;
        return type == 3 ? DolbyPart::later : DolbyPart::first;
    }
    static auto parse(base::ByteView bytes) { return media::parse_ac3_frame(bytes); }
};

struct Eac3Payload {
    // F: 1 for every fragment.
    static DolbyPart part(std::uint8_t head, bool pending) {
        if ((head & 1) == 0) return DolbyPart::whole;
        return pending ? DolbyPart::later : DolbyPart::first;
    }
    static auto parse(base::ByteView bytes) { return media::parse_eac3_frame(bytes); }
};

template <class Rules>
class DolbyAssembler final : public Assembler {
public:
    explicit DolbyAssembler(media::Track& track) : track_(track) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap || packet.timestamp != rtptime_) abandon();
        if (packet.payload.size() <= kDolbyHeader) return std::unexpected(Error::truncated);
        auto const part = Rules::part(packet.payload[0], !pending_.empty());
        auto const bytes = packet.payload.subspan(kDolbyHeader);
        if (part != DolbyPart::later) abandon();
        rtptime_ = packet.timestamp;
        if (part == DolbyPart::whole) return units(bytes, out);
        if (part == DolbyPart::later && pending_.empty()) {
            return std::unexpected(Error::bad_fragment);
        }
        if (pending_.size() + bytes.size() > media::kMaxUnit) {
            abandon();
            return std::unexpected(Error::unit_too_large);
        }
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        if (!packet.marker) return {};
        auto const whole = std::exchange(pending_, {});
        auto const given = units(whole, out);
        if (!given) count_drop();
        return given;
    }

private:
    // Dependent substreams belong to the unit of the frame before them.
    std::expected<void, Error> units(base::ByteView bytes, std::vector<Assembled>& out) {
        std::int64_t delay = 0;
        while (!bytes.empty()) {
            auto const frame = Rules::parse(bytes);
            if (!frame || frame->size > bytes.size()) return std::unexpected(Error::bad_aggregate);
            auto size = frame->size;
            while (size < bytes.size()) {
                auto const next = Rules::parse(bytes.subspan(size));
                if (!next || !next->dependent || next->size > bytes.size() - size) break;
                size += next->size;
            }
            give_out(bytes.first(size), delay, out);
            delay += frame->samples;
            bytes = bytes.subspan(size);
        }
        return {};
    }

    // The description tells the clock of the track, whatever the frames say.
    void give_out(base::ByteView unit, std::int64_t delay, std::vector<Assembled>& out) {
        auto fresh = track_;
        bool const changed =
            media::learn_configuration(fresh, unit) && fresh.clock_rate() == track_.clock_rate();
        if (changed) track_ = std::move(fresh);
        out.push_back({base::SharedBytes::copy_of(unit), true, rtptime_, delay, changed});
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    media::Track& track_;
    base::Bytes pending_;
    std::uint32_t rtptime_ = 0;
};

}  // namespace

std::unique_ptr<Assembler> make_dolby_assembler(media::Track& track) {
    if (track.codec() == media::Codec::ac3) {
        return std::make_unique<DolbyAssembler<Ac3Payload>>(track);
    }
    return std::make_unique<DolbyAssembler<Eac3Payload>>(track);
}

}  // namespace tidegate::rtp
