// From the RTP packets of one track to its access units. One per track, one thread. Hostile input
// costs at most media::kMaxUnit bytes and is answered with an Error; the next good packet goes on.
//
// Parameter sets found in the stream are cut from the payload and kept in track(); the first unit
// behind a change says new_config. A picture of which a packet is missing is dropped whole. There
// is no reordering: packets come over TCP. DTS comes from the reorder depth in the SPS
// (reorder.hpp); audio has dts == pts.
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
#include "rtp/error.hpp"

namespace tidegate::rtp {

// RFC 3640 lets a description choose these; everyone chooses 13/3/3.
struct AacFraming {
    std::uint8_t size_length = 13;
    std::uint8_t index_length = 3;
    std::uint8_t index_delta_length = 3;
    bool latm = false;  // RFC 6416 instead, which has none of them
    bool operator==(AacFraming const&) const = default;
};

struct DepacketizerSettings {
    std::uint16_t track = 0;         // written into each unit
    std::uint8_t payload_type = 96;  // others are refused
    std::uint32_t clock_rate = 0;    // of the description; 0: the track's own
    AacFraming aac = {};
    // The first picture is given out only when the next packet has shown that its marker did not
    // end one slice of it: for publishers, whom nobody knows.
    bool wary_of_markers = false;
};

// What feed() learned of the packet, for statistics (reception.hpp).
struct Fed {
    std::uint16_t sequence = 0;
    std::uint32_t rtptime = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t lost = 0;  // packets missing just before this one
};

class Depacketizer {
public:
    Depacketizer(media::Track track, DepacketizerSettings const& settings);
    ~Depacketizer();
    Depacketizer(Depacketizer&&) noexcept;
    Depacketizer& operator=(Depacketizer&&) noexcept;

    // One RTP packet; units that it completes are appended to `out` (several for aggregated audio).
    // An error concerns this packet only.
    std::expected<Fed, Error> feed(base::ByteView packet, std::vector<media::Unit>& out);

    // When an RTP timestamp is, e.g. of RTP-Info or a sender report: the track's first unit is time
    // 0. REQUIRES: a unit has come.
    base::Timestamp time_of(std::uint32_t rtptime) const;

    media::Track const& track() const;

    std::uint64_t packets_lost() const;
    std::uint64_t units_dropped() const;  // incomplete or malformed ones

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidegate::rtp
