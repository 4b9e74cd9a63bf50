// Makes access units of the packets of H.264 (RFC 6184) and H.265 (RFC 7798). An access unit ends
// with the marker, or before the next timestamp. Some encoders set the marker on each slice: that
// shows when a later slice of the same picture follows, and from then on their markers are ignored.
// Others leave start codes inside a NAL unit; it is divided there.
#include <utility>

#include "media/avcc.hpp"
#include "media/limits.hpp"
#include "media/nal.hpp"
#include "rtp/assembler.hpp"
#include "rtp/limits.hpp"

namespace tidegate::rtp {

namespace {

enum class PayloadKind : std::uint8_t { single, aggregate, fragment, unsupported };

struct H264Payload {
    static constexpr auto kCodec = media::Codec::h264;
    static constexpr auto kNalHeader = media::kH264NalHeaderSize;
    static constexpr std::size_t kFragmentHeader = 2;
    static PayloadKind kind(base::ByteView payload) {
        auto const value = media::h264_nal_type(payload);
        if (value >= 1 && value <= 23) return PayloadKind::single;
        if (value == 24) return PayloadKind::aggregate;
        return value == 28 ? PayloadKind::fragment : PayloadKind::unsupported;
    }
    static std::uint8_t edges(base::ByteView payload) { return payload[1]; }
    static void append_nal_header(base::ByteView payload, base::Bytes& out) {
        out.push_back(static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F)));
    }
};

struct H265Payload {
    static constexpr auto kCodec = media::Codec::h265;
    static constexpr auto kNalHeader = media::kH265NalHeaderSize;
    static constexpr std::size_t kFragmentHeader = 3;
    static PayloadKind kind(base::ByteView payload) {
        auto const value = media::h265_nal_type(payload);
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
    NalAssembler(media::Track& track, bool wary_of_markers)
        : sets_(*track.parameter_sets()), unsure_(wary_of_markers) {}

    std::expected<void, Error> feed(PacketView const& packet, bool gap,
                                    std::vector<Assembled>& out) override {
        if (gap) {
            ended_ ? finish(out) : abandon();
            last_marked_.reset();
            auto const opening = opening_of(packet.payload);
            skipping_ = opening != Opening::first_slice && opening != Opening::other;
            skipped_rtptime_ = packet.timestamp;
        }
        if (begun_ && packet.timestamp != rtptime_) finish(out);
        if (ended_ || marks_slices_ || packet.timestamp == last_marked_) follow_marker(packet, out);
        if (skipping_ && packet.timestamp == skipped_rtptime_) return {};
        skipping_ = false;
        begun_ = true;
        rtptime_ = packet.timestamp;
        if (auto const added = add(packet.payload); !added) {
            abandon();
            skip(packet.timestamp);  // the rest of a damaged picture
            return added;
        }
        if (packet.marker) on_marker(out);
        return {};
    }

private:
    // What the first NAL unit of a payload is to its picture.
    enum class Opening : std::uint8_t { unclear, first_slice, later_slice, other };

    static Opening opening_of(base::ByteView payload) {
        base::Bytes head;
        auto nalu = payload;
        if (payload.size() <= Rules::kNalHeader) return Opening::unclear;
        if (Rules::kind(payload) == PayloadKind::aggregate) {
            if (payload.size() < Rules::kNalHeader + 2) return Opening::unclear;
            nalu = payload.subspan(Rules::kNalHeader + 2);
        } else if (Rules::kind(payload) == PayloadKind::fragment) {
            if (payload.size() <= Rules::kFragmentHeader) return Opening::unclear;
            if ((Rules::edges(payload) & 0x80) == 0) return Opening::unclear;
            Rules::append_nal_header(payload, head);
            head.push_back(payload[Rules::kFragmentHeader]);
            nalu = head;
        }
        if (nalu.size() <= Rules::kNalHeader) return Opening::unclear;
        if (!media::is_slice(media::nal_role(Rules::kCodec, nalu))) return Opening::other;
        // first_mb_in_slice 0, first_slice_segment_in_pic_flag
        return (nalu[Rules::kNalHeader] & 0x80) != 0 ? Opening::first_slice : Opening::later_slice;
    }

    void skip(std::uint32_t rtptime) {
        skipping_ = true;
        skipped_rtptime_ = rtptime;
    }

    // A packet with the timestamp of a unit that a marker has ended: it has more of that unit, or
    // begins another one.
    void follow_marker(PacketView const& packet, std::vector<Assembled>& out) {
        auto const opening = opening_of(packet.payload);
        if (opening == Opening::later_slice && !std::exchange(marks_slices_, true) && !ended_) {
            count_drop();  // its first slices have been given out as a picture of their own
            skip(packet.timestamp);
        }
        bool const another = marks_slices_ ? has_slice_ && opening == Opening::first_slice : ended_;
        if (another) finish(out);
        ended_ = false;
    }

    void on_marker(std::vector<Assembled>& out) {
        if (marks_slices_ || !has_slice_) return;
        if (std::exchange(unsure_, false)) {
            ended_ = true;
        } else {
            finish(out);
            last_marked_ = rtptime_;
        }
    }

    static bool has_start_code_in_front(base::ByteView payload) {
        auto const front = payload.first(std::min<std::size_t>(payload.size(), 4));
        return media::find_start_code(front) + 2 < front.size();
    }

    std::expected<void, Error> add(base::ByteView payload) {
        if (payload.size() < Rules::kNalHeader) return std::unexpected(Error::truncated);
        if (payload[0] == 0 && !in_fragment_ && has_start_code_in_front(payload)) {
            return add_nalu(payload);
        }
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
            if (auto const room = begin_nalu(Rules::kNalHeader + piece.size()); !room) return room;
            Rules::append_nal_header(payload, bytes_);
            in_fragment_ = true;
        }
        if (bytes_.size() + piece.size() > media::kMaxUnit) {
            return std::unexpected(Error::unit_too_large);
        }
        bytes_.insert(bytes_.end(), piece.begin(), piece.end());
        if ((edges & 0x40) == 0) return {};
        in_fragment_ = false;
        return end_nalu();
    }

    std::expected<void, Error> begin_nalu(std::size_t size) {
        if (bytes_.size() + media::kAvccLengthSize + size > media::kMaxUnit)
            return std::unexpected(Error::unit_too_large);
        if (nalus_ == media::kMaxNalus) return std::unexpected(Error::too_many_nalus);
        nalu_at_ = bytes_.size();
        bytes_.insert(bytes_.end(), media::kAvccLengthSize, 0);  // written at its end
        return {};
    }

    std::expected<void, Error> end_nalu() {
        auto const nalu = base::ByteView(bytes_).subspan(nalu_at_ + media::kAvccLengthSize);
        if (media::find_start_code(nalu) == nalu.size()) {
            keep_nalu();
            return {};
        }
        base::Bytes const several(nalu.begin(), nalu.end());
        bytes_.resize(nalu_at_);
        media::AnnexBReader units(several);
        while (auto const unit = units.next()) {
            if (auto const added = add_nalu(*unit); !added) return added;
        }
        return {};
    }

    void keep_nalu() {
        auto const nalu = base::ByteView(bytes_).subspan(nalu_at_ + media::kAvccLengthSize);
        auto const role = media::nal_role(Rules::kCodec, nalu);
        if (media::is_parameter_set(role)) {
            new_config_ = sets_.put(nalu) || new_config_;
            bytes_.resize(nalu_at_);
        } else if (role == media::NalRole::access_unit_delimiter ||
                   nalu.size() <= Rules::kNalHeader) {
            bytes_.resize(nalu_at_);
        } else {
            ++nalus_;  // only what becomes part of the unit counts
            keyframe_ |= role == media::NalRole::keyframe_slice;
            has_slice_ |= media::is_slice(role);
            for (std::size_t i = 0; i < media::kAvccLengthSize; ++i) {
                bytes_[nalu_at_ + i] = static_cast<std::uint8_t>(nalu.size() >> (24 - 8 * i));
            }
        }
    }

    void finish(std::vector<Assembled>& out) {
        if (in_fragment_) return abandon();
        if (!bytes_.empty()) {
            out.push_back({base::SharedBytes::copy_of(bytes_), keyframe_, rtptime_, 0,
                           std::exchange(new_config_, false)});
        }
        reset();
    }

    void abandon() {
        if (begun_) count_drop();
        reset();
    }

    void reset() {
        empty(bytes_);
        nalus_ = 0;
        in_fragment_ = keyframe_ = has_slice_ = begun_ = ended_ = false;
    }

    media::ParameterSets& sets_;
    bool new_config_ = false;  // the next unit has to say so
    base::Bytes bytes_;
    std::size_t nalus_ = 0;
    std::size_t nalu_at_ = 0;
    std::uint32_t rtptime_ = 0;
    std::uint32_t skipped_rtptime_ = 0;
    bool begun_ = false;
    bool in_fragment_ = false;
    bool keyframe_ = false;
    bool has_slice_ = false;
    bool skipping_ = false;

    bool unsure_;                // whether markers end units: the first unit waits to see it
    bool ended_ = false;         // a marker has ended the unit, but it waits
    bool marks_slices_ = false;  // this sender's markers do not end units
    std::optional<std::uint32_t> last_marked_;  // timestamp of the last unit that a marker ended
};

}  // namespace

std::unique_ptr<Assembler> make_h264_assembler(media::Track& track, bool wary_of_markers) {
    return std::make_unique<NalAssembler<H264Payload>>(track, wary_of_markers);
}

std::unique_ptr<Assembler> make_h265_assembler(media::Track& track, bool wary_of_markers) {
    return std::make_unique<NalAssembler<H265Payload>>(track, wary_of_markers);
}

}  // namespace tidegate::rtp
