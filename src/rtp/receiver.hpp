// From a connection's RTP packets and sender reports to units whose tracks agree on time
// (sender_clocks.hpp). The first units wait a moment for the reports of all tracks; then those are
// placed by RTP-Info (RFC 2326 §12.33), at last by when they came. Pure; one per connection, one
// thread.
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

// Once all tracks have reported, how long the first units wait for those of the other tracks.
inline constexpr std::chrono::milliseconds kFirstUnitsWait{150};

// Bounds of what waits: far more than comes in that time, but not what a hostile sender could send.
inline constexpr std::size_t kMaxWaitingUnits = 4096;
inline constexpr std::size_t kMaxWaitingBytes = std::size_t{32} * 1024 * 1024;

// The units' times start this much after 0, so that a track whose first unit is a little older
// still fits.
inline constexpr std::chrono::milliseconds kLeadTime{100};

struct ReceivedTrack {
    media::Track track;
    DepacketizerSettings settings = {};  // its `track` is the place among the others
    // RTP-Info: of an instant that is the same for all tracks.
    std::optional<std::uint32_t> start_rtptime = std::nullopt;
};

class Receiver {
public:
    // report_wait: how long the first units wait for the reports of all tracks. The units of a
    // single track wait for nothing.
    Receiver(std::vector<ReceivedTrack> tracks, std::chrono::milliseconds report_wait);

    // Units are appended to `out` in the order in which they were completed. Times of arrival are
    // of any steady clock.
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
    // How much later than the sender's reports say the track's units are.
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
