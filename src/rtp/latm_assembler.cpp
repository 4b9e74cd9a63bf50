// AAC from LATM packets (RFC 6416 §6.1): an AudioMuxElement without its configuration, whole or
// over several packets, the last of which has the marker.
#include <utility>

#include "media/limits.hpp"
#include "rtp/assembler.hpp"

namespace tidegate::rtp {

namespace {

class LatmAssembler final : public Assembler {
public:
    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap || packet.timestamp != rtptime_) abandon();
        if (pending_.size() + packet.payload.size() > media::kMaxUnit) {
            abandon();
            return std::unexpected(Error::unit_too_large);
        }
        rtptime_ = packet.timestamp;
        pending_.insert(pending_.end(), packet.payload.begin(), packet.payload.end());
        if (!packet.marker) return {};
        auto const whole = std::exchange(pending_, {});
        return element(whole, out);
    }

private:
    // PayloadLengthInfo: bytes of 255 and a smaller one, added up; then the unit.
    std::expected<void, Error> element(base::ByteView bytes, std::vector<Assembled>& out) {
        base::ByteReader reader(bytes);
        std::size_t size = 0;
        std::uint8_t part = 0;
        do {
            part = reader.u8();
            size += part;
        } while (part == 255 && !reader.failed());
        auto const unit = reader.take(size);
        if (reader.failed() || size == 0) {
            count_drop();
            return std::unexpected(Error::bad_aggregate);
        }
        out.push_back({base::SharedBytes::copy_of(unit), true, rtptime_, 0});
        return {};
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    base::Bytes pending_;
    std::uint32_t rtptime_ = 0;
};

}  // namespace

std::unique_ptr<Assembler> make_latm_assembler() {
    return std::make_unique<LatmAssembler>();
}

}  // namespace tidegate::rtp
