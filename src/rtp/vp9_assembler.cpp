// Makes pictures of the packets of VP9 (RFC 9628 §4). A picture ends with the marker, or before the
// next timestamp.
#include <utility>

#include "media/access_unit.hpp"
#include "media/limits.hpp"
#include "media/vp9.hpp"
#include "rtp/assembler.hpp"

namespace tidegate::rtp {

namespace {

// The payload descriptor (§4.2), as far as it matters here.
struct Vp9Descriptor {
    bool begins_frame = false;
    std::uint8_t spatial_layer = 0;
    std::size_t size = 0;
};

void skip_structure(base::ByteReader& reader) {
    auto const head = reader.u8();
    if ((head & 0x10) != 0) reader.skip(4 * ((head >> 5) + std::size_t{1}));
    if ((head & 0x08) == 0) return;
    auto const pictures = reader.u8();
    for (unsigned i = 0; i < pictures && !reader.failed(); ++i) {
        reader.skip(reader.u8() >> 2 & 3U);  // as many as it refers to
    }
}

std::expected<Vp9Descriptor, Error> read_descriptor(base::ByteView payload) {
    base::ByteReader reader(payload);
    auto const flags = reader.u8();
    auto const has = [&](unsigned bit) { return (flags & bit) != 0; };
    Vp9Descriptor out{.begins_frame = has(0x08)};
    if (has(0x80) && (reader.u8() & 0x80) != 0) reader.skip(1);  // picture id
    if (has(0x20)) {
        out.spatial_layer = reader.u8() >> 1 & 7;
        if (!has(0x10)) reader.skip(1);
    }
    if (has(0x40) && has(0x10)) {  // references of an inter picture in flexible mode
        for (int i = 0; i < 3 && (reader.u8() & 1) != 0;) ++i;
    }
    if (has(0x02)) skip_structure(reader);
    if (reader.failed()) return std::unexpected(Error::bad_descriptor);
    out.size = reader.position();
    return out;
}

class Vp9Assembler final : public Assembler {
public:
    explicit Vp9Assembler(media::Track& track) : track_(track) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (begun_ && packet.timestamp != rtptime_) finish(out);
        if (gap) abandon();
        auto const descriptor = read_descriptor(packet.payload);
        if (!descriptor) {
            abandon();
            return std::unexpected(descriptor.error());
        }
        auto const piece = packet.payload.subspan(descriptor->size);
        bool const begins = descriptor->begins_frame && descriptor->spatial_layer == 0;
        if (!begun_ && !begins) return {};  // the rest of a picture that was dropped
        if (unit_.size() + piece.size() > media::kMaxUnit) {
            abandon();
            return std::unexpected(Error::unit_too_large);
        }
        begun_ = true;
        rtptime_ = packet.timestamp;
        unit_.insert(unit_.end(), piece.begin(), piece.end());
        if (packet.marker) finish(out);
        return {};
    }

private:
    void finish(std::vector<Assembled>& out) {
        if (!unit_.empty()) {
            bool const keyframe = media::is_vp9_keyframe(unit_);
            bool const fresh = keyframe && media::learn_configuration(track_, unit_);
            out.push_back({base::SharedBytes::copy_of(unit_), keyframe, rtptime_, 0, fresh});
        }
        reset();
    }

    void abandon() {
        if (begun_) count_drop();
        reset();
    }

    void reset() {
        empty(unit_);
        begun_ = false;
    }

    media::Track& track_;
    base::Bytes unit_;
    std::uint32_t rtptime_ = 0;
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<Assembler> make_vp9_assembler(media::Track& track) {
    return std::make_unique<Vp9Assembler>(track);
}

}  // namespace tidegate::rtp
