// From access units to RTP packet trains, once per track and for all its readers: they share SSRC,
// sequence and timestamps, as MediaMTX's do. One per track, used on one thread (the publisher's).
// RFC 6184 (H.264), 7798 (H.265), 3640 (AAC), 7587 (Opus), 2250 (MP3). In steady state the only
// allocation is the train's block.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "media/track.hpp"
#include "media/unit.hpp"
#include "rtp/limits.hpp"
#include "rtp/train.hpp"

namespace tidegate::rtp {

// 14 for MP3 (RFC 3551), else 96 and the track's index, one each: some readers tell tracks by it.
std::uint8_t payload_type_of(media::Track const& track, std::size_t index = 0);

struct PacketizerSettings {
    std::uint32_t ssrc = 0;              // random, the caller's choice
    std::uint16_t first_sequence = 0;    // random
    std::uint32_t timestamp_offset = 0;  // random
    std::uint8_t channel = 0;            // usual_channel(track index)
    std::size_t max_payload = kMaxPayload;
    std::uint8_t payload_type = 0;  // payload_type_of(track, its index); 0: of the first track
};

class Packetizer {
public:
    Packetizer(media::Track track, PacketizerSettings const& settings);

    // The track's parameter sets go before each picture that decoding can start at; those in the
    // unit are left out, since its maker has told them by update(). Empty when nothing is left to
    // send: a unit of only SPS/PPS/AUD, a malformed or oversized one.
    Train packetize(media::Unit const& unit);

    // Another configuration from the next unit on, which carries its parameter sets. Sequence
    // numbers go on; the timestamps' clock is the new track's. REQUIRES: the same codec.
    void update(media::Track track);
    media::Track const& track() const { return track_; }

    std::uint32_t ssrc() const { return settings_.ssrc; }
    std::uint8_t payload_type() const { return payload_type_; }
    std::uint32_t clock_rate() const { return clock_rate_; }
    std::uint16_t next_sequence() const { return next_sequence_; }
    std::uint32_t rtptime_of(base::Timestamp pts) const;
    // Of the last train; nullopt before the first: RTP-Info then omits seq and rtptime.
    std::optional<std::uint32_t> last_rtptime() const { return last_rtptime_; }
    // For sender reports: payload bytes and packets since the start, modulo 2^32 (RFC 3550 §6.4.1).
    std::uint32_t packet_count() const { return packet_count_; }
    std::uint32_t octet_count() const { return octet_count_; }

private:
    template <class Out>
    void emit(Out& out, media::Unit const& unit) const;
    bool collect(media::Unit const& unit);
    bool collect_nalus(base::ByteView payload, media::ParameterSets const& sets);

    media::Track track_;
    PacketizerSettings settings_;
    std::uint32_t clock_rate_;
    std::uint8_t payload_type_;
    std::uint16_t next_sequence_;
    std::uint32_t packet_count_ = 0;
    std::uint32_t octet_count_ = 0;
    std::optional<std::uint32_t> last_rtptime_;
    bool announce_ = false;              // parameter sets go before the next unit, whatever it is
    std::vector<base::ByteView> nalus_;  // of the unit at hand; kept for its capacity
};

}  // namespace tidegate::rtp
