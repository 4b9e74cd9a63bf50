// How the OBUs of AV1 are laid out in the payloads of RTP packets (RTP Payload Format For AV1 v1.0
// §4), by MediaMTX's rules: OBUs are put into one packet as long as they fit; each has its length
// in front, but for the last OBU of the unit, when at most two others precede it in its packet.
// Internal to this folder; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "media/obu.hpp"

namespace tidegate::rtp {

// A part of an OBU without its size. Its bytes are the header, of which the size flag is cleared,
// and the payload.
struct ObuPiece {
    media::Obu const* obu = nullptr;
    std::size_t begin = 0;
    std::size_t size = 0;
    bool sized = true;  // its length is written in front of it

    std::size_t written() const { return size + (sized ? media::leb128_size(size) : 0); }
};

inline std::size_t size_in_rtp(media::Obu const& obu) {
    return obu.header.size() + obu.payload.size();
}

template <class Out>
void emit_piece(Out& out, ObuPiece const& piece) {
    if (piece.sized) media::write_leb128(out, piece.size);
    auto const& header = piece.obu->header;
    auto at = piece.begin;
    auto const end = piece.begin + piece.size;
    for (; at < end && at < header.size(); ++at) {
        out.u8(at == 0 ? static_cast<std::uint8_t>(header[0] & ~media::kObuHasSize) : header[at]);
    }
    if (at < end) out.bytes(piece.obu->payload.subspan(at - header.size(), end - at));
}

// pieces: an empty vector whose capacity is kept between calls. keyframe: a new coded video
// sequence begins with this unit.
template <class Out>
class ObuPackets {
public:
    ObuPackets(Out& out, std::size_t limit, std::vector<ObuPiece>& pieces, bool keyframe)
        : out_(out), limit_(limit), pieces_(pieces), first_(keyframe ? 0x08 : 0) {}

    void emit(std::span<media::Obu const> obus) {
        // The room of the length of the largest fragment.
        auto const length_room = media::leb128_size(limit_);
        for (std::size_t i = 0; i < obus.size(); ++i) {
            bool const last = i + 1 == obus.size();
            auto const size = size_in_rtp(obus[i]);
            std::size_t done = 0;
            while (true) {
                auto const room = limit_ - used_;
                bool const sized = !last || pieces_.size() > kMaxCounted;
                ObuPiece const rest{&obus[i], done, size - done, sized};
                if (rest.written() <= room) {
                    add(rest);
                    break;
                }
                auto const taken = sized ? room - std::min(room, length_room) : room;
                if (taken > 0) {
                    add({&obus[i], done, taken, sized});
                    done += taken;
                }
                flush(true, false);
                continued_ = done > 0;
            }
        }
        flush(false, true);
    }

private:
    // A packet can tell the number of its OBUs up to this number plus one.
    static constexpr std::size_t kMaxCounted = 2;

    void add(ObuPiece const& piece) {
        pieces_.push_back(piece);
        used_ += piece.written();
    }

    void flush(bool cut, bool end_of_unit) {
        bool const cut_inside = cut && !pieces_.empty() && !ends_obu(pieces_.back());
        std::size_t const count = pieces_.empty() || pieces_.back().sized ? 0 : pieces_.size();
        out_.begin_packet(used_, end_of_unit);
        out_.u8(static_cast<std::uint8_t>((continued_ ? 0x80U : 0U) | (cut_inside ? 0x40U : 0U) |
                                          count << 4 | first_));
        for (auto const& piece : pieces_) emit_piece(out_, piece);
        pieces_.clear();
        used_ = 1;
        first_ = 0;
        continued_ = false;
    }

    static bool ends_obu(ObuPiece const& piece) {
        return piece.begin + piece.size == size_in_rtp(*piece.obu);
    }

    Out& out_;
    std::size_t limit_;
    std::vector<ObuPiece>& pieces_;
    unsigned first_;          // the flag of a new sequence, until the first packet is written
    std::size_t used_ = 1;    // bytes of the packet, with its aggregation header
    bool continued_ = false;  // the packet begins with the rest of an OBU
};

}  // namespace tidegate::rtp
