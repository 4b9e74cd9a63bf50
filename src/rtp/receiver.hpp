// Makes units of the RTP packets of a connection, so that all tracks share one time line. The
// sender reports tell how the clocks of the tracks relate (sender_clocks.hpp), so the first units
// wait until a report has come for each track. A track without a report is placed by RTP-Info (RFC
// 2326 §12.33), and without RTP-Info by the arrival of its units. No clock, no socket. One per
// connection, used by one thread at a time.
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

// How long the first units wait for those of the other tracks after all tracks have a report.
inline constexpr std::chrono::milliseconds kFirstUnitsWait{150};

// How much may wait. When it is reached, the units are given out at once, as after the longest
// wait. An honest sender sends far less in that time.
inline constexpr std::size_t kMaxWaitingUnits = 4096;
inline constexpr std::size_t kMaxWaitingBytes = std::size_t{32} * 1024 * 1024;

// The first unit gets this time and not 0, so that the times of a track that begins a little
// earlier are not negative.
inline constexpr std::chrono::milliseconds kLeadTime{100};

struct ReceivedTrack {
    media::Track track;
    DepacketizerSettings settings = {};  // its `track` is the index in the receiver's tracks
    // rtptime of RTP-Info: the track's RTP timestamp at an instant that all tracks share.
    std::optional<std::uint32_t> start_rtptime = std::nullopt;
};

class Receiver {
public:
    // report_wait: how long the first units wait for the reports of all tracks. With a single track
    // nothing waits.
    Receiver(std::vector<ReceivedTrack> tracks, std::chrono::milliseconds report_wait);

    // Takes one RTP packet of a track and appends the units that are ready to `out`, in the order
    // in which they were completed. arrival, now: times of one steady clock. For an error see
    // Depacketizer::feed().
    std::expected<Fed, Error> on_rtp(std::size_t track, base::ByteView packet,
                                     base::Timestamp arrival, std::vector<media::Unit>& out);
    void on_report(std::size_t track, SenderReport const& report, base::Timestamp arrival,
                   std::vector<media::Unit>& out);
    // Appends units that have waited long enough. on_rtp() and on_report() do so, too; this is for
    // the time when nothing comes. To be called at least once a second.
    void on_time(base::Timestamp now, std::vector<media::Unit>& out);

    // A track with the parameter sets that came last.
    media::Track const& track(std::size_t track) const {
        return lanes_[track].depacketizer.track();
    }
    media::Tracks tracks() const;
    std::uint64_t packets_lost() const;
    // The time on the common time line of a track's RTP timestamp; nullopt: the track has no place
    // there yet.
    std::optional<base::Timestamp> time_of(std::size_t track, std::uint32_t rtptime) const;
    // See SenderClocks::sync_error().
    base::Timestamp sync_error(std::size_t track) const { return clocks_.sync_error(track); }

private:
    struct Lane {
        Depacketizer depacketizer;
        std::optional<std::uint32_t> start_rtptime;
        std::optional<SenderReport> early_report = std::nullopt;  // came before the first unit
        bool begun = false;                                       // a unit has come
        // The smallest difference between the arrival of a unit and its media time: when the
        // track's time 0 was, by the clock of arrivals, as far as the network delays tell.
        base::Timestamp soonest{};
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
    std::vector<Lane> lanes_;  // one per track
    SenderClocks clocks_;
    std::size_t unplaced_;  // how many tracks do not know their time 0 on the time line yet
    // Units of these tracks, in the order in which they came.
    std::vector<media::Unit> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<base::Timestamp> waiting_since_;
};

}  // namespace tidegate::rtp
