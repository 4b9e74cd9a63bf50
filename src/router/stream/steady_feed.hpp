// Keeps the stream of a path that is always available going: while nobody publishes, it gets a clip
// or a picture, and silence (filler/source_gap.hpp). Publishers come and go; the readers and their
// timestamps go on. Threads: any; a lock makes that one unit comes after the other. What fills runs
// on the loop that is given.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "filler/source_gap.hpp"
#include "media/timeline.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

// How often what is due is published while nobody publishes: as often as pictures of a camera.
inline constexpr std::chrono::milliseconds kSteadyPeriod{40};

class SteadyFeed final : public std::enable_shared_from_this<SteadyFeed> {
public:
    // slate: what is shown; of the codecs of the stream.
    SteadyFeed(asio::io_context& loop, std::shared_ptr<Stream> stream,
               std::shared_ptr<filler::Slate const> slate);

    void start();
    void end();

    // Why a publisher of these tracks is refused, in MediaMTX's words; nullopt: it is not.
    std::optional<std::string> refusal(media::Tracks const& tracks) const;
    // A publisher comes, and takes the place of the one before. The result stands for it in the
    // calls below, which do nothing once another one has come. REQUIRES: it is not refused.
    std::uint64_t come(media::Tracks tracks);
    void leave(std::uint64_t publisher);
    // The times are the publisher's own; they rise.
    void publish(std::uint64_t publisher, media::Unit unit);
    void update_track(std::uint64_t publisher, std::size_t index, media::Track track);

private:
    using Clock = std::chrono::steady_clock;

    void arm();
    void tick();
    // REQUIRES for these: mutex_ is held.
    void fill(Clock::time_point now);
    void hand_on(media::Unit unit);
    void tell_tracks();
    base::Timestamp reached(Clock::time_point now) const;

    std::shared_ptr<Stream> const stream_;
    media::Tracks const declared_;
    asio::steady_timer timer_;  // used on its loop only

    mutable std::mutex mutex_;
    // All below is guarded by mutex_.
    filler::SourceGap gap_;
    media::Timeline line_;
    media::Tracks source_, told_;
    std::uint64_t publishers_ = 0;          // that have come
    std::uint64_t present_ = 0;             // 0: nobody publishes
    std::optional<base::Timestamp> shift_;  // added to the times of who publishes
    base::Timestamp newest_{};
    Clock::time_point newest_at_;
    bool ended_ = false;
};

}  // namespace tidegate::router
