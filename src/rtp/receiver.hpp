// Turns a connection's RTP packets and sender reports into units whose tracks share one time line
// (sender_clocks.hpp). The first units wait for the reports of all tracks. Tracks without a report
// are placed by RTP-Info (RFC 2326 §12.33), and without RTP-Info by the arrival of their units.
// Pure; one per connection, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/sender_clocks.hpp"

namespace tidegate::rtp {

// How long the first units wait for those of the other tracks once all tracks have a report.
inline constexpr std::chrono::milliseconds kFirstUnitsWait{150};

// Limits of what waits. An honest sender sends far less in that time; a hostile one could send
// more.
inline constexpr std::size_t kMaxWaitingUnits = 4096;
inline constexpr std::size_t kMaxWaitingBytes = std::size_t{32} * 1024 * 1024;

// The units' times start this much after 0, so that a track whose first unit is a little older
// still fits.
inline constexpr std::chrono::milliseconds kLeadTime{100};

struct ReceivedTrack {
    media::Track track;
    DepacketizerSettings settings = {};  // its `track` is the place among the others
    // RTP-Info's rtptime: the track's RTP timestamp at an instant that all tracks have in common.
    std::optional<std::uint32_t> start_rtptime = std::nullopt;
};

class Receiver {
public:
    // report_wait: how long the first units wait for the reports of all tracks. The units of a
    // single track wait for nothing.
    Receiver(std::vector<ReceivedTrack> tracks, std::chrono::milliseconds report_wait);

    // Appends units to `out` in the order in which they were completed. arrival, now: of one steady
    // clock.
    std::expected<Fed, Error> on_rtp(std::size_t track, base::ByteView packet,
                                     base::Timestamp arrival, std::vector<media::Unit>& out);
    void on_report(std::size_t track, SenderReport const& report, base::Timestamp arrival,
                   std::vector<media::Unit>& out);
    // Releases units that have waited long enough. Call it every 100 ms or so.
    void on_time(base::Timestamp now, std::vector<media::Unit>& out);

    // With the parameter sets last seen in the stream.
    media::Track const& track(std::size_t track) const {
        return lanes_[track].depacketizer.track();
    }
    media::Tracks tracks() const;
    std::uint64_t packets_lost() const;
    // How much later the track's units are than the sender's reports say (SenderClocks::error).
    base::Timestamp error(std::size_t track) const { return clocks_.error(track); }

private:
    struct Lane {
        Depacketizer depacketizer;
        std::optional<std::uint32_t> start_rtptime;
        std::optional<SenderReport> early_report = std::nullopt;  // before the first unit
        bool begun = false;                                       // a unit has come
        base::Timestamp soonest{};  // its zero by the clock of arrivals, at the latest
    };

    void note_waiting(std::size_t track, std::size_t first_fresh, base::Timestamp arrival);
    void date(std::size_t track, SenderReport const& report);
    void place(base::Timestamp now, std::vector<media::Unit>& out);
    bool may_start(base::Timestamp waited) const;
    void start();
    void join(bool overdue);
    template <class Among>
    std::size_t anchor(Among among) const;
    base::Timestamp apart(std::size_t track, std::size_t to) const;
    void release(std::vector<media::Unit>& out);
    void shift(media::Unit& unit);

    std::chrono::milliseconds const report_wait_;
    std::vector<Lane> lanes_;  // by the track of their units
    SenderClocks clocks_;
    std::size_t unplaced_;
    std::vector<media::Unit>
        waiting_;  // of tracks that are not placed, in the order of their coming
    std::size_t waiting_bytes_ = 0;
    std::optional<base::Timestamp> waiting_since_;
};

}  // namespace tidegate::rtp
