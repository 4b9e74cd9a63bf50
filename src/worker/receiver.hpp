// From a connection's RTP and RTCP packets to units whose tracks agree on time. Tracks are aligned
// by their sender reports; packets wait a moment for the first one, then by RTP-Info, at last by
// arrival (RFC 3550 §6.4.1, RFC 2326 §12.33). Pure; one per connection, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "rtp/depacketizer.hpp"
#include "rtsp/core/client_session.hpp"

namespace tidegate::worker {

// How long a track's first packets wait for a sender report: routers send it with the first packet.
inline constexpr std::chrono::milliseconds kSyncWait{150};

// Packets that may wait for it: far more than arrive in that time.
inline constexpr std::size_t kMaxHeldPackets = 4096;

// Wall time that is time 0 of the output, for all connections of a run; set by the first.
struct Epoch {
    std::optional<std::chrono::nanoseconds> wall_zero;
};

// The output starts this much after 0, so that a track whose first unit is a little older still
// fits.
inline constexpr std::chrono::milliseconds kLeadTime{100};

class Receiver {
public:
    Receiver(std::span<rtsp::ClientTrack const> tracks, Epoch& epoch);

    // now: Unix time. Units are appended to `out` in the order they were completed.
    void on_rtp(std::uint16_t track, base::ByteView packet, std::chrono::nanoseconds now,
                std::vector<media::Unit>& out);
    void on_rtcp(std::uint16_t track, base::ByteView packet, std::chrono::nanoseconds now,
                 std::vector<media::Unit>& out);
    // The same once aligned() says so: the time no longer matters.
    bool aligned() const { return unaligned_ == 0; }
    void on_aligned_rtp(std::uint16_t track, base::ByteView packet, std::vector<media::Unit>& out);
    // Releases packets that have waited long enough. Call it every 100 ms or so.
    void on_time(std::chrono::nanoseconds now, std::vector<media::Unit>& out);

    // With the parameter sets last seen in the stream.
    media::Tracks tracks() const;
    // True once after parameter sets have changed.
    bool config_changed();
    std::uint64_t packets_lost() const;

private:
    // A pair of the sender's clocks at the same instant.
    struct ClockPair {
        std::chrono::nanoseconds wall;
        std::uint32_t rtptime;
    };
    struct Lane {
        rtp::Depacketizer depacketizer;
        std::uint32_t clock_rate;
        std::optional<std::uint32_t> play_rtptime;  // RTP-Info: of the instant of PLAY
        std::optional<ClockPair> report;
        bool aligned = false;
        std::vector<base::Bytes> held;
        std::chrono::nanoseconds held_since{};
    };

    void align_if_possible(Lane& lane, std::chrono::nanoseconds now, std::vector<media::Unit>& out);
    void align(Lane& lane, ClockPair at, std::vector<media::Unit>& out);
    ClockPair best_guess(Lane const& lane, std::chrono::nanoseconds now) const;
    std::optional<std::chrono::nanoseconds> play_wall_time() const;
    static std::chrono::nanoseconds wall_of(ClockPair known, std::uint32_t rtptime,
                                            std::uint32_t clock_rate);
    void feed(Lane& lane, base::ByteView packet, std::vector<media::Unit>& out);

    Epoch& epoch_;
    std::vector<Lane> lanes_;
    std::size_t unaligned_ = 0;
    bool config_changed_ = false;
};

}  // namespace tidegate::worker
