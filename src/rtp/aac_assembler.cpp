// Makes access units of AAC from packets of both payload formats:
//   mpeg4-generic (RFC 3640 §3.2)  several units in a packet, or one unit in several packets. Some
//                                  encoders leave the ADTS headers of the units in.
//   LATM (RFC 6416 §6.1)           an AudioMuxElement without its configuration, in one packet or
//                                  in several, the last of which has the marker.
#include <utility>

#include "media/aac.hpp"
#include "media/bit_reader.hpp"
#include "media/limits.hpp"
#include "rtp/assembler.hpp"

namespace tidegate::rtp {

namespace {

// How many units one packet may have. 64 units are more than a second of audio.
constexpr std::size_t kMaxUnitsPerPacket = 64;

class AacAssembler final : public Assembler {
public:
    AacAssembler(media::AacConfig const& config, AacFraming const& framing)
        : framing_(framing), duration_(media::aac_samples_per_unit(config)) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap) abandon();
        given_out_ = 0;
        if (!pending_.empty() && packet.timestamp != rtptime_) flush(out);
        auto fed = units(packet, out);
        if (!fed) abandon();
        return fed;
    }

private:
    std::expected<void, Error> units(PacketView const& packet, std::vector<Assembled>& out) {
        base::ByteReader reader(packet.payload);
        auto const bits = reader.u16();
        media::BitReader headers(reader.take((bits + std::size_t{7}) / 8));
        auto rest = reader.rest();
        if (reader.failed() || bits == 0) return std::unexpected(Error::bad_aggregate);

        for (std::size_t i = 0; headers.position() < bits; ++i) {
            if (i == kMaxUnitsPerPacket) return std::unexpected(Error::bad_aggregate);
            std::size_t const size = headers.bits(framing_.size_length);
            headers.skip(i == 0 ? framing_.index_length : framing_.index_delta_length);
            if (headers.failed() || headers.position() > bits) {
                return std::unexpected(Error::bad_aggregate);
            }
            bool const only = i == 0 && headers.position() == bits;
            if (only && (size > rest.size() || !packet.marker || !pending_.empty())) {
                return piece(packet, rest.first(std::min(size, rest.size())), size, out);
            }
            if (size == 0 || size > rest.size()) return std::unexpected(Error::bad_aggregate);
            if (!pending_.empty()) abandon();
            give_out(rest.first(size), packet.timestamp, out);
            rest = rest.subspan(size);
        }
        return {};
    }

    // One of several packets of a unit. By the RFC each tells the size of the whole unit; MediaMTX
    // writes the size of the piece.
    std::expected<void, Error> piece(PacketView const& packet, base::ByteView bytes,
                                     std::size_t size, std::vector<Assembled>& out) {
        if (bytes.empty()) return std::unexpected(Error::bad_aggregate);
        if (pending_.size() + bytes.size() > media::kMaxUnit) {
            return std::unexpected(Error::unit_too_large);
        }
        rtptime_ = packet.timestamp;
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        bool const whole = size > bytes.size() && pending_.size() >= size;
        if (packet.marker || whole) flush(out);
        return {};
    }

    void flush(std::vector<Assembled>& out) {
        give_out(pending_, rtptime_, out);
        pending_.clear();
        given_out_ = 0;
    }

    // Appends one unit, or the units of the ADTS frames that stand in its place.
    void give_out(base::ByteView unit, std::uint32_t rtptime, std::vector<Assembled>& out) {
        auto frame = media::parse_adts_frame(unit);
        do {
            auto const bare = frame ? frame->unit : unit;
            out.push_back({base::SharedBytes::copy_of(bare), true, rtptime,
                           static_cast<std::int64_t>(given_out_++) * duration_});
            if (!frame) return;
            unit = unit.subspan(frame->size);
            frame = media::parse_adts_frame(unit);
        } while (frame && given_out_ < kMaxUnitsPerPacket);
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    AacFraming framing_;
    std::int64_t duration_;  // of one unit, in ticks of the RTP clock, which is the sample rate
    base::Bytes pending_;
    std::uint32_t rtptime_ = 0;
    std::size_t given_out_ = 0;  // how many units of the current packet
};

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
    // PayloadLengthInfo is the sum of bytes, of which the last is not 255. Then the unit follows.
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

std::unique_ptr<Assembler> make_aac_assembler(media::Track const& track,
                                              AacFraming const& framing) {
    return std::make_unique<AacAssembler>(std::get<media::AacConfig>(track.config), framing);
}

std::unique_ptr<Assembler> make_latm_assembler() {
    return std::make_unique<LatmAssembler>();
}

}  // namespace tidegate::rtp
