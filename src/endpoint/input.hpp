// Reads a program's input over RTSP or RTMP (source.hpp), connects again when the source is lost
// (reconnection.hpp), and hands on units on one timeline, whatever happens to the connection. A
// source is lost when its connection ends, and when no media has come for a while, even if the
// server still says other things. If that is wanted, something else is handed on until it returns
// (source_gap.hpp). One loop.
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

#include "endpoint/reconnection.hpp"
#include "endpoint/source.hpp"
#include "endpoint/statistics.hpp"
#include "endpoint/unit_sink.hpp"
#include "filler/source_gap.hpp"
#include "media/timeline.hpp"
#include "net/event_loop.hpp"

namespace tidegate::endpoint {

using filler::OnSourceLost;
using filler::SourceGap;
using filler::SourceLost;

// The first unit is placed this much after 0 on the output's timeline, so that another track whose
// first unit is a little older still has a time that is not negative.
inline constexpr std::chrono::milliseconds kOutputLead{100};

// How long to wait for what. Tests use shorter times.
struct InputTimes {
    std::vector<std::chrono::milliseconds> reconnect_delays = endpoint::reconnect_delays();
    std::chrono::milliseconds connect{4000};  // for a connection to be made
    // A source that brings no media for this long is lost. A publisher may pause for a moment; a
    // dead peer is noticed well within 5 s, although the loop checks only every half second.
    std::chrono::milliseconds silence{3500};
    // A connection that brings no media for this long is filled, if anything is. A publisher may
    // pause for a moment; after a gap its picture goes on with a key frame only.
    std::chrono::milliseconds pause{2000};
};

// While the output is filled, a lost source is tried again at least this often: viewers wait for
// it, and an attempt costs the router next to nothing.
inline constexpr std::chrono::milliseconds kFilledRetry{1000};
// How often what is due is handed on while the output is filled: as often as pictures of a source
// come, so that players see no difference.
inline constexpr std::chrono::milliseconds kFillPeriod{40};

class Input final : SourceHandler, net::Watched {
public:
    enum class End : std::uint8_t {
        stopped,          // stop() was called
        never_available,  // no connection ever began to play
        source_ended,     // it played, was lost, and did not come back
        tracks_changed,   // it came back with other codecs, which the output cannot go on with
    };
    struct Events {
        std::function<void()> playing;  // the tracks of a connection are known
        // A connection has ended, or could not be made.
        std::function<void(std::string const& reason)> lost;
        // attempt: 1, 2, 3
        std::function<void(std::size_t attempt, std::chrono::milliseconds delay)> reconnecting;
        // The units of one read have been handed on.
        std::function<void()> read_end;
        // The output is filled from now on, for this reason.
        std::function<void(std::string const& reason)> filling = [](auto const&) {};
        // The source is back on all tracks.
        std::function<void()> filled = [] {};
        // The slate cannot be used with the tracks that have come, for this reason.
        std::function<void(std::string const& reason)> slate_refused = [](auto const&) {};
    };

    // program: how we call ourselves at the server. trust: for a URL with TLS.
    Input(net::EventLoop& loop, SourceUrl url, UnitSink& sink, Statistics& statistics,
          Events events, InputTimes times = {}, std::string program = "stream-worker",
          SourceLost lost = {}, std::shared_ptr<net::TlsClientContext const> trust = {});
    ~Input() override;

    // Reads until one of the ends above.
    boost::asio::awaitable<End> run();
    // Ends the session at the server (Source::stop()); run() ends soon.
    void stop();

    bool playing() const { return playing_; }
    // Something else than the source is handed on, on some track at least.
    bool filling() const { return gap_.filling(); }
    // The unit that is handed on now is not the source's.
    bool handing_on_filler() const { return handing_on_filler_; }
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
    std::optional<std::chrono::milliseconds> next_delay();
    void begin_filling(std::string const& reason);
    void fill();
    void tell_tracks();
    void hand_on(media::Unit& unit);
    base::Timestamp reached(net::LoopClock::time_point now) const;
    base::Timestamp place(std::vector<media::Unit> const& units) const;
    void update_statistics();
    bool same_codecs(media::Tracks const& tracks) const;

    net::EventLoop& loop_;
    SourceUrl const url_;
    UnitSink& sink_;
    Statistics& statistics_;
    Events events_;
    InputTimes const times_;
    std::string const program_;
    std::shared_ptr<net::TlsClientContext const> const trust_;
    Reconnection reconnection_;
    SourceGap gap_;
    boost::asio::steady_timer timer_;       // for the wait before a reconnection
    boost::asio::steady_timer fill_timer_;  // while the output is filled
    std::unique_ptr<Source> source_;        // null: not connected
    media::Timeline timeline_;
    media::Tracks tracks_;                             // of the latest connection
    media::Tracks told_;                               // to the sink
    std::vector<base::Timestamp> shifts_;              // by track: what the timeline has added
    std::optional<base::Timestamp> connection_start_;  // added to this connection's times
    base::Timestamp newest_{};  // the newest time of all units, before timeline_ has changed it
    std::string last_error_;
    net::LoopClock::time_point last_media_{};  // on this connection
    net::LoopClock::time_point last_unit_{};   // on any
    std::uint64_t packets_lost_before_ = 0;    // on connections that have ended
    bool accepted_ = false;                    // the server has accepted this connection
    bool playing_ = false;                     // the tracks of this connection are known
    bool played_ = false;                      // those of any connection ever were
    bool media_ever_ = false;                  // a unit has come on any connection
    bool media_flowed_ = false;                // a unit has come on this connection
    bool stopping_ = false;
    bool handing_on_filler_ = false;
    std::optional<End> final_;  // what run() is to return; nullopt: it goes on
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // checked by fill_timer_
};

}  // namespace tidegate::endpoint
