// Makes access units of the RTP packets of one track. One per track, used by one thread at a time.
// A hostile sender can make it hold at most media::kMaxUnit bytes.
//
// Parameter sets in the stream are not part of the units: they are kept in track(), as is what
// other codecs say of themselves, and the first unit after a change says new_config. A picture of
// which a packet is missing is dropped as a whole. Packets must come in order, as they do over TCP;
// a late one is refused. RTP tells when a picture is shown but not when it is decoded: dts is
// computed from the reorder depth in the SPS (dts_estimator.hpp). For audio dts is pts.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "rtp/packet.hpp"

namespace tidegate::rtp {

// The sizes in bits of the AU header fields (RFC 3640 §4.1). SDP could choose others, but all
// encoders use these.
struct AacFraming {
    std::uint8_t size_length = 13;
    std::uint8_t index_length = 3;
    std::uint8_t index_delta_length = 3;
    bool latm = false;  // the format is RFC 6416 instead, which has no AU headers
    bool operator==(AacFraming const&) const = default;
};

struct DepacketizerSettings {
    std::uint16_t track = 0;         // becomes media::Unit::track
    std::uint8_t payload_type = 96;  // packets of another type are refused
    std::uint32_t clock_rate = 0;    // in Hz, from SDP; 0: the track's own
    AacFraming aac = {};
    // A marker should end a picture, but some encoders set it on each slice. `true`: do not believe
    // the first marker; the packet after it shows which kind of encoder this is. That delays one
    // picture. For publishers, which may be any encoder; a router sets markers as it should.
    bool wary_of_markers = false;
};

// What feed() read in the packet's header, for statistics (reception.hpp).
struct Fed {
    std::uint16_t sequence = 0;
    std::uint32_t rtptime = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t lost = 0;  // how many packets are missing just before this one
};

class Depacketizer {
public:
    Depacketizer(media::Track track, DepacketizerSettings const& settings);
    ~Depacketizer();
    Depacketizer(Depacketizer&&) noexcept;
    Depacketizer& operator=(Depacketizer&&) noexcept;

    // Takes one RTP packet and appends the units that it completes to `out`: none, one, or several
    // for audio. An error concerns this packet only; the next one may be good.
    std::expected<Fed, Error> feed(base::ByteView packet, std::vector<media::Unit>& out);

    // The media time of an RTP timestamp, e.g. of a sender report or of RTP-Info. Time 0 is the
    // track's first unit. REQUIRES: feed() has returned a unit.
    base::Timestamp time_of(std::uint32_t rtptime) const;

    // The track with the parameter sets that came last.
    media::Track const& track() const;

    std::uint64_t packets_lost() const;
    std::uint64_t units_dropped() const;  // because they were incomplete or malformed

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidegate::rtp
