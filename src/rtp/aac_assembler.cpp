// AAC from mpeg4-generic packets (RFC 3640 §3.2): several units per packet, or one unit over
// several packets. Units of some encoders still have their ADTS headers.
#include <optional>

#include "media/limits.hpp"
#include "rtp/adts.hpp"
#include "rtp/assembler.hpp"
#include "rtp/bit_reader.hpp"

namespace tidegate::rtp {

namespace {

// AU headers in one packet: 64 units are more than a second of audio.
constexpr std::size_t kMaxUnitsPerPacket = 64;

// Samples of one unit on the RTP clock: 2048 when SBR doubles the rate, else 1024.
std::int64_t unit_duration(media::AacConfig const& config) {
    constexpr std::uint32_t kRates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                        22050, 16000, 12000, 11025, 8000,  7350};
    BitReader reader(config.audio_specific_config);
    if (reader.bits(5) == 31) reader.skip(6);
    auto const index = reader.bits(4);
    auto const core = index == 15 ? reader.bits(24) : index < std::size(kRates) ? kRates[index] : 0;
    if (reader.failed() || core == 0) return 1024;
    return config.sample_rate >= 2 * core ? 2048 : 1024;
}

class AacAssembler final : public Assembler {
public:
    AacAssembler(media::AacConfig const& config, AacFraming const& framing)
        : framing_(framing), duration_(unit_duration(config)) {}

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
        BitReader headers(reader.take((bits + std::size_t{7}) / 8));
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

    // One of several packets of a unit: by the RFC each tells the whole size, from MediaMTX its
    // own.
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

    // One unit, or the frames of ADTS that lie where it should.
    void give_out(base::ByteView unit, std::uint32_t rtptime, std::vector<Assembled>& out) {
        auto frame = adts_frame(unit);
        do {
            auto const bare = frame ? frame->unit : unit;
            out.push_back({base::SharedBytes::copy_of(bare), true, rtptime,
                           static_cast<std::int64_t>(given_out_++) * duration_});
            if (!frame) return;
            unit = unit.subspan(frame->size);
            frame = adts_frame(unit);
        } while (frame && given_out_ < kMaxUnitsPerPacket);
    }

    void abandon() {
        if (!pending_.empty()) count_drop();
        pending_.clear();
    }

    AacFraming framing_;
    std::int64_t duration_;
    base::Bytes pending_;
    std::uint32_t rtptime_ = 0;
    std::size_t given_out_ = 0;  // units of the packet at hand
};

}  // namespace

std::unique_ptr<Assembler> make_aac_assembler(media::Track const& track,
                                              AacFraming const& framing) {
    return std::make_unique<AacAssembler>(std::get<media::AacConfig>(track.config), framing);
}

}  // namespace tidegate::rtp
