// Makes RTP packets of access units, once for all readers of a track: they share SSRC, sequence
// numbers and timestamps, as MediaMTX's readers do. payload_layouts.hpp names the formats. One per
// track, used by one thread at a time (the publisher's). In steady state packetize() allocates the
// train's bytes only.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "media/track.hpp"
#include "media/unit.hpp"
#include "rtp/limits.hpp"
#include "rtp/obu_layout.hpp"
#include "rtp/payload_layouts.hpp"
#include "rtp/train.hpp"

namespace tidegate::rtp {

// The RTP payload type of a track: 14 for MP3, 0 and 8 for G.711 of one channel at 8 kHz (RFC 3551
// table 4), otherwise 96 plus the track's index: some readers tell tracks apart by it.
std::uint8_t payload_type_of(media::Track const& track, std::size_t index = 0);

struct PacketizerSettings {
    // The first three should be random numbers (RFC 3550 §5.1).
    std::uint32_t ssrc = 0;
    std::uint16_t first_sequence = 0;
    std::uint32_t timestamp_offset = 0;     // the RTP timestamp of time 0
    std::uint8_t channel = 0;               // usual_channel(index of the track)
    std::size_t max_payload = kMaxPayload;  // bytes of a packet without its RTP header
    std::uint8_t payload_type = 0;          // payload_type_of(); 0: that of a first track
};

class Packetizer {
public:
    Packetizer(media::Track track, PacketizerSettings const& settings);

    // The packets of one unit. The track's own parameter sets are sent before each picture at which
    // decoding can start; of AV1 the sequence header, where the unit has none. Parameter sets and
    // access unit delimiters inside the unit are left out; whoever made the unit has passed changed
    // sets to update(). The train is empty when nothing is left to send, and when the unit is
    // malformed or too large.
    Train packetize(media::Unit const& unit);

    // Changes the track's configuration. The next unit is sent with the new parameter sets,
    // whatever picture it holds. Sequence numbers go on; timestamps use the new track's clock rate.
    // REQUIRES: the same codec.
    void update(media::Track track);
    media::Track const& track() const { return track_; }

    std::uint32_t ssrc() const { return settings_.ssrc; }
    std::uint8_t payload_type() const { return payload_type_; }
    std::uint32_t clock_rate() const { return clock_rate_; }
    std::uint16_t next_sequence() const { return next_sequence_; }
    std::uint32_t rtptime_of(base::Timestamp pts) const;
    // The RTP timestamp of the last train; nullopt before the first.
    std::optional<std::uint32_t> last_rtptime() const { return last_rtptime_; }
    // How many packets and payload bytes have been made since the start, modulo 2^32, for sender
    // reports (RFC 3550 §6.4.1).
    std::uint32_t packet_count() const { return packet_count_; }
    std::uint32_t octet_count() const { return octet_count_; }

private:
    template <class Out>
    void emit(Out& out, media::Unit const& unit);
    bool collect(media::Unit const& unit);
    bool collect_obus(media::Unit const& unit);
    void number_picture(media::Unit const& unit);
    bool collect_nalus(base::ByteView payload, media::ParameterSets const& sets);

    media::Track track_;
    PacketizerSettings settings_;
    std::uint32_t clock_rate_;
    std::uint8_t payload_type_;
    std::uint16_t next_sequence_;
    std::uint32_t packet_count_ = 0;
    std::uint32_t octet_count_ = 0;
    std::optional<std::uint32_t> last_rtptime_;
    bool announce_ = false;  // the next unit is sent with the parameter sets
    // Of the current unit; members to keep their capacity.
    std::vector<base::ByteView> nalus_;
    std::vector<media::Obu> obus_;
    std::vector<ObuPiece> pieces_;
    Vp9Picture picture_;
};

}  // namespace tidegate::rtp
