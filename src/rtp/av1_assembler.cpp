// Makes temporal units of the packets of AV1 (RTP Payload Format For AV1 v1.0 §4). A unit ends with
// the marker, or before the next timestamp.
#include <optional>
#include <utility>

#include "media/access_unit.hpp"
#include "media/av1.hpp"
#include "media/limits.hpp"
#include "rtp/assembler.hpp"

namespace tidegate::rtp {

namespace {

class Av1Assembler final : public Assembler {
public:
    explicit Av1Assembler(media::Track& track) : track_(track) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (begun_ && packet.timestamp != rtptime_) finish(out);
        if (gap) {
            abandon();
            // Without its first OBUs a unit cannot be decoded.
            if (!begins_unit(packet.payload)) skip(packet.timestamp);
        }
        if (skipping_ && packet.timestamp == skipped_rtptime_) return {};
        skipping_ = false;
        begun_ = true;
        rtptime_ = packet.timestamp;
        if (auto const added = add(packet.payload); !added) {
            abandon();
            skip(packet.timestamp);
            return added;
        }
        if (packet.marker) finish(out);
        return {};
    }

private:
    // The aggregation header (§4.4).
    struct Head {
        bool continues, continued;
        unsigned count;  // 0: each element has its length
    };
    static Head head_of(std::uint8_t byte) {
        return {(byte & 0x80) != 0, (byte & 0x40) != 0, byte >> 4 & 3U};
    }

    static std::optional<base::ByteView> next_element(base::ByteReader& reader, bool sized) {
        if (!sized) return reader.rest();
        auto const size = media::read_leb128(reader);
        if (!size || *size > reader.remaining()) return std::nullopt;
        return reader.take(*size);
    }

    static bool begins_unit(base::ByteView payload) {
        base::ByteReader reader(payload);
        auto const head = head_of(reader.u8());
        auto const element = next_element(reader, head.count != 1);
        if (head.continues || !element || element->empty()) return false;
        auto const type = static_cast<media::ObuType>((*element)[0] >> 3 & 15);
        return type != media::ObuType::tile_group && type != media::ObuType::redundant_frame_header;
    }

    void skip(std::uint32_t rtptime) {
        skipping_ = true;
        skipped_rtptime_ = rtptime;
    }

    std::expected<void, Error> add(base::ByteView payload) {
        base::ByteReader reader(payload);
        auto const head = head_of(reader.u8());
        if (head.continues == fragment_.empty()) return std::unexpected(Error::bad_fragment);
        for (unsigned i = 0; reader.remaining() > 0; ++i) {
            auto const element = next_element(reader, i + 1 != head.count);
            if (!element) return std::unexpected(Error::bad_aggregate);
            bool const unfinished = head.continued && reader.remaining() == 0;
            auto const added = add_element(*element, i == 0 && head.continues, unfinished);
            if (!added) return added;
        }
        return {};
    }

    std::expected<void, Error> add_element(base::ByteView element, bool continues,
                                           bool unfinished) {
        if (unit_.size() + fragment_.size() + element.size() > media::kMaxUnit - kSizeRoom) {
            return std::unexpected(Error::unit_too_large);
        }
        if (!continues && !unfinished) return add_obu(element);
        fragment_.insert(fragment_.end(), element.begin(), element.end());
        if (unfinished) {
            // An empty first piece would look as if there were none.
            if (fragment_.empty()) return std::unexpected(Error::bad_fragment);
            return {};
        }
        auto const whole = std::exchange(fragment_, {});
        return add_obu(whole);
    }

    std::expected<void, Error> add_obu(base::ByteView bytes) {
        if (bytes.empty()) return {};
        auto const obu = media::read_obu(bytes);
        if (!obu) return std::unexpected(Error::bad_descriptor);
        if (!media::is_carried(obu->type)) return {};
        if (++obus_ > media::kMaxObus) return std::unexpected(Error::too_many_nalus);
        // The size of an OBU has up to five bytes more than the packet had.
        if (unit_.size() + bytes.size() > media::kMaxUnit - kSizeRoom) {
            return std::unexpected(Error::unit_too_large);
        }
        keyframe_.note(*obu);
        media::append_obu(unit_, *obu);
        return {};
    }

    void finish(std::vector<Assembled>& out) {
        if (!fragment_.empty()) return abandon();
        if (!unit_.empty()) {
            new_config_ =
                (keyframe_.sequence_header() && media::learn_configuration(track_, unit_)) ||
                new_config_;
            out.push_back({base::SharedBytes::copy_of(unit_),
                           keyframe_.keyframe() && track_.configured(), rtptime_, 0,
                           std::exchange(new_config_, false)});
        }
        reset();
    }

    void abandon() {
        if (begun_) count_drop();
        reset();
    }

    void reset() {
        empty(unit_);
        fragment_.clear();
        obus_ = 0;
        keyframe_ = {};
        begun_ = false;
    }

    static constexpr std::size_t kSizeRoom = 8;

    media::Track& track_;
    bool new_config_ = false;  // the next unit has to say so
    base::Bytes unit_;
    base::Bytes fragment_;  // of the OBU that the last packet has not ended
    std::size_t obus_ = 0;
    media::Av1Keyframe keyframe_;
    std::uint32_t rtptime_ = 0;
    std::uint32_t skipped_rtptime_ = 0;
    bool begun_ = false;
    bool skipping_ = false;
};

}  // namespace

std::unique_ptr<Assembler> make_av1_assembler(media::Track& track) {
    return std::make_unique<Av1Assembler>(track);
}

}  // namespace tidegate::rtp
