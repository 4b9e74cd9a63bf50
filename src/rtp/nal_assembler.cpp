// Access units of H.264 (RFC 6184) and H.265 (RFC 7798) from their packets. An access unit ends
// with the marker or with the next timestamp.
#include <algorithm>

#include "rtp/assembler.hpp"
#include "rtp/limits.hpp"
#include "rtp/nal_unit.hpp"

namespace tidegate::rtp {

namespace {

// The buffer for a unit keeps its room for the next one up to this size: most pictures fit.
constexpr std::size_t kKeptRoom = 512 * 1024;

base::Bytes* slot(media::H264Config& config, NalRole role) {
    if (role == NalRole::sps) return &config.sps;
    return role == NalRole::pps ? &config.pps : nullptr;
}
base::Bytes* slot(media::H265Config& config, NalRole role) {
    if (role == NalRole::vps) return &config.vps;
    if (role == NalRole::sps) return &config.sps;
    return role == NalRole::pps ? &config.pps : nullptr;
}

enum class PayloadKind : std::uint8_t { single, aggregate, fragment, unsupported };

struct H264Payload : H264Nal {
    using Config = media::H264Config;
    static constexpr std::size_t kFragmentHeader = 2;
    static PayloadKind kind(base::ByteView payload) {
        auto const value = type(payload);
        if (value >= 1 && value <= 23) return PayloadKind::single;
        if (value == 24) return PayloadKind::aggregate;
        return value == 28 ? PayloadKind::fragment : PayloadKind::unsupported;
    }
    static std::uint8_t edges(base::ByteView payload) { return payload[1]; }
    static void append_nal_header(base::ByteView payload, base::Bytes& out) {
        out.push_back(static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F)));
    }
};

struct H265Payload : H265Nal {
    using Config = media::H265Config;
    static constexpr std::size_t kFragmentHeader = 3;
    static PayloadKind kind(base::ByteView payload) {
        auto const value = type(payload);
        if (value < 48) return PayloadKind::single;
        if (value == 48) return PayloadKind::aggregate;
        return value == 49 ? PayloadKind::fragment : PayloadKind::unsupported;
    }
    static std::uint8_t edges(base::ByteView payload) { return payload[2]; }
    static void append_nal_header(base::ByteView payload, base::Bytes& out) {
        out.push_back(static_cast<std::uint8_t>((payload[0] & 0x81) | (payload[2] & 0x3F) << 1));
        out.push_back(payload[1]);
    }
};

template <class Rules>
class NalAssembler final : public Assembler {
public:
    NalAssembler(media::Track& track, bool& changed)
        : config_(std::get<typename Rules::Config>(track.config)), changed_(changed) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap) {
            abandon();
            skipping_ = !starts_unit(packet.payload);
            skipped_rtptime_ = packet.timestamp;
        }
        if (begun_ && packet.timestamp != rtptime_) finish(out);
        if (skipping_ && packet.timestamp == skipped_rtptime_) return {};
        skipping_ = false;
        begun_ = true;
        rtptime_ = packet.timestamp;
        if (auto const added = add(packet.payload); !added) {
            abandon();
            skipping_ = true;  // the rest of a damaged picture
            skipped_rtptime_ = packet.timestamp;
            return added;
        }
        if (packet.marker) finish(out);
        return {};
    }

private:
    // After a loss: is the first NAL unit here the first of its picture?
    static bool starts_unit(base::ByteView payload) {
        base::Bytes head;
        auto nalu = payload;
        if (payload.size() <= Rules::kNalHeader) return false;
        if (Rules::kind(payload) == PayloadKind::aggregate) {
            if (payload.size() < Rules::kNalHeader + 2) return false;
            nalu = payload.subspan(Rules::kNalHeader + 2);
        } else if (Rules::kind(payload) == PayloadKind::fragment) {
            if (payload.size() <= Rules::kFragmentHeader) return false;
            if ((Rules::edges(payload) & 0x80) == 0) return false;
            Rules::append_nal_header(payload, head);
            head.push_back(payload[Rules::kFragmentHeader]);
            nalu = head;
        }
        if (nalu.size() <= Rules::kNalHeader) return false;
        auto const role = Rules::role(nalu);
        if (role != NalRole::picture && role != NalRole::intra) return true;
        return (nalu[Rules::kNalHeader] & 0x80) != 0;  // first_mb_in_slice 0, first_slice_segment
    }

    std::expected<void, Error> add(base::ByteView payload) {
        if (payload.size() < Rules::kNalHeader) return std::unexpected(Error::truncated);
        auto const kind = Rules::kind(payload);
        if (in_fragment_ && kind != PayloadKind::fragment)
            return std::unexpected(Error::bad_fragment);
        switch (kind) {
            case PayloadKind::single:
                return add_nalu(payload);
            case PayloadKind::aggregate:
                return add_aggregate(payload.subspan(Rules::kNalHeader));
            case PayloadKind::fragment:
                return add_fragment(payload);
            case PayloadKind::unsupported:
                break;
        }
        return std::unexpected(Error::unsupported_nalu);
    }

    std::expected<void, Error> add_nalu(base::ByteView nalu) {
        if (auto const room = begin_nalu(nalu.size()); !room) return room;
        bytes_.insert(bytes_.end(), nalu.begin(), nalu.end());
        return end_nalu();
    }

    std::expected<void, Error> add_aggregate(base::ByteView rest) {
        if (rest.empty()) return std::unexpected(Error::bad_aggregate);
        base::ByteReader reader(rest);
        while (reader.remaining() > 0) {
            auto const nalu = reader.take(reader.u16());
            if (reader.failed() || nalu.size() < Rules::kNalHeader) {
                return std::unexpected(Error::bad_aggregate);
            }
            if (auto const added = add_nalu(nalu); !added) return added;
        }
        return {};
    }

    std::expected<void, Error> add_fragment(base::ByteView payload) {
        if (payload.size() < Rules::kFragmentHeader) return std::unexpected(Error::truncated);
        auto const edges = Rules::edges(payload);
        bool const start = (edges & 0x80) != 0;
        if (start == in_fragment_) return std::unexpected(Error::bad_fragment);
        auto const piece = payload.subspan(Rules::kFragmentHeader);
        if (start) {
            if (auto const room = begin_nalu(piece.size()); !room) return room;
            Rules::append_nal_header(payload, bytes_);
            in_fragment_ = true;
        }
        if (bytes_.size() + piece.size() > kMaxReassembly) {
            return std::unexpected(Error::unit_too_large);
        }
        bytes_.insert(bytes_.end(), piece.begin(), piece.end());
        if ((edges & 0x40) == 0) return {};
        in_fragment_ = false;
        return end_nalu();
    }

    std::expected<void, Error> begin_nalu(std::size_t size) {
        if (bytes_.size() + size + 8 > kMaxReassembly)
            return std::unexpected(Error::unit_too_large);
        if (++nalus_ > kMaxNalusPerUnit) return std::unexpected(Error::too_many_nalus);
        nalu_at_ = bytes_.size();
        bytes_.insert(bytes_.end(), 4, 0);  // its length, written at its end
        return {};
    }

    std::expected<void, Error> end_nalu() {
        auto const nalu = base::ByteView(bytes_).subspan(nalu_at_ + 4);
        auto const role = Rules::role(nalu);
        if (auto* const stored = slot(config_, role)) {
            if (!std::ranges::equal(*stored, nalu)) {
                stored->assign(nalu.begin(), nalu.end());
                changed_ = true;
            }
            bytes_.resize(nalu_at_);
        } else if (role == NalRole::delimiter || nalu.size() <= Rules::kNalHeader) {
            bytes_.resize(nalu_at_);
        } else {
            keyframe_ |= role == NalRole::intra;
            for (std::size_t i = 0; i < 4; ++i) {
                bytes_[nalu_at_ + i] = static_cast<std::uint8_t>(nalu.size() >> (24 - 8 * i));
            }
        }
        return {};
    }

    void finish(std::vector<Assembled>& out) {
        if (in_fragment_) return abandon();
        if (!bytes_.empty()) {
            out.push_back({base::SharedBytes::copy_of(bytes_), keyframe_, rtptime_, 0});
        }
        reset();
    }

    void abandon() {
        if (begun_) count_drop();
        reset();
    }

    void reset() {
        if (bytes_.capacity() > kKeptRoom) bytes_ = {};
        bytes_.clear();
        nalus_ = 0;
        in_fragment_ = keyframe_ = begun_ = false;
    }

    typename Rules::Config& config_;
    bool& changed_;
    base::Bytes bytes_;
    std::size_t nalus_ = 0;
    std::size_t nalu_at_ = 0;
    std::uint32_t rtptime_ = 0;
    std::uint32_t skipped_rtptime_ = 0;
    bool begun_ = false;
    bool in_fragment_ = false;
    bool keyframe_ = false;
    bool skipping_ = false;
};

}  // namespace

std::unique_ptr<Assembler> make_h264_assembler(media::Track& track, bool& changed) {
    return std::make_unique<NalAssembler<H264Payload>>(track, changed);
}

std::unique_ptr<Assembler> make_h265_assembler(media::Track& track, bool& changed) {
    return std::make_unique<NalAssembler<H265Payload>>(track, changed);
}

}  // namespace tidegate::rtp
