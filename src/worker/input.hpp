// The worker's input: reads a path over RTSP or RTMP (source.hpp) and hands on units that go on as
// one timeline across reconnections (reconnection.hpp). A source is lost when its connection ends,
// and when no media has come for a while, whatever else the server still says. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/timeline.hpp"
#include "net/event_loop.hpp"
#include "worker/reconnection.hpp"
#include "worker/source.hpp"
#include "worker/stage.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// The output starts this much after 0, so that a track whose first unit is a little older still
// fits.
inline constexpr std::chrono::milliseconds kOutputLead{100};

// Tests shorten them.
struct InputTimes {
    std::vector<std::chrono::milliseconds> reconnect_delays = worker::reconnect_delays();
    std::chrono::milliseconds connect{4000};
    // Without a unit of media: a dead peer is noticed well within 5 s, also by a loop that looks
    // each half second on a loaded machine; a publisher's hiccup passes.
    std::chrono::milliseconds silence{3500};
};

class Input final : SourceHandler, net::Watched {
public:
    enum class End : std::uint8_t {
        stopped,
        never_available,  // no connection ever got to play
        source_ended,     // it had played, and did not come back
        tracks_changed,   // it came back with other codecs: the output cannot go on
    };
    struct Events {
        std::function<void()> playing;
        std::function<void(std::string const& reason)> lost;
        // attempt: 1..3
        std::function<void(std::size_t attempt, std::chrono::milliseconds delay)> reconnecting;
        // The units of one read have been handed on.
        std::function<void()> read_end;
    };

    Input(net::EventLoop& loop, SourceUrl url, UnitSink& sink, Statistics& statistics,
          Events events, InputTimes times = {});
    ~Input() override;

    boost::asio::awaitable<End> run();
    // Takes leave of the server; run() ends soon.
    void stop();

    bool playing() const { return playing_; }
    std::size_t reconnection_limit() const { return reconnection_.limit(); }

private:
    // SourceHandler
    void on_accepted() override;
    void on_tracks(media::Tracks tracks) override;
    void on_units(std::vector<media::Unit>& units) override;
    void on_read_end() override { events_.read_end(); }
    // net::Watched
    void check(net::LoopClock::time_point now) override;

    boost::asio::awaitable<void> connect_once();
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds delay);
    base::Timestamp place(std::vector<media::Unit> const& units) const;
    void update_statistics();
    bool same_codecs(media::Tracks const& tracks) const;

    net::EventLoop& loop_;
    SourceUrl const url_;
    UnitSink& sink_;
    Statistics& statistics_;
    Events events_;
    InputTimes const times_;
    Reconnection reconnection_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<Source> source_;  // while connected
    media::Timeline timeline_;
    media::Tracks tracks_;                             // of the latest connection
    std::vector<base::Timestamp> shifts_;              // by track: what the timeline has added
    std::optional<base::Timestamp> connection_start_;  // added to this connection's times
    base::Timestamp newest_{};  // of all that was handed on, before timeline_
    std::string last_error_;
    net::LoopClock::time_point last_media_{};  // on this connection
    net::LoopClock::time_point last_unit_{};   // on any
    std::uint64_t packets_lost_before_ = 0;    // on connections that have ended
    bool accepted_ = false;                    // this connection
    bool playing_ = false;                     // its tracks are known
    bool played_ = false;                      // ever
    bool media_ever_ = false;
    bool media_flowed_ = false;  // on this connection
    bool stopping_ = false;
    std::optional<End> final_;
};

}  // namespace tidegate::worker
