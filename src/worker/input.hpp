// The worker's source: reads a path over RTSP and hands on units that go on as one timeline across
// reconnections (reconnection.hpp). A source is lost when its connection ends, and when no media
// has come for a while, whatever else the server still says. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "media/timeline.hpp"
#include "net/event_loop.hpp"
#include "rtsp/core/url.hpp"
#include "rtsp/io/client.hpp"
#include "worker/receiver.hpp"
#include "worker/reconnection.hpp"
#include "worker/stage.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// Tests shorten them.
struct InputTimes {
    std::vector<std::chrono::milliseconds> reconnect_delays = worker::reconnect_delays();
    std::chrono::milliseconds connect{4000};
    // Without a unit of media: a dead peer is noticed well within 5 s, also by a loop that looks
    // each half second on a loaded machine; a publisher's hiccup passes.
    std::chrono::milliseconds silence{3500};
};

class Input final : rtsp::ClientHandler, net::Watched {
public:
    enum class End : std::uint8_t {
        stopped,
        never_available,  // no connection ever got to play
        source_ended,     // it had played, and did not come back
        tracks_changed,   // it came back with other codecs: the output cannot go on
    };
    struct Events {
        std::function<void(rtsp::Url const&)> playing;
        std::function<void(std::string const& reason)> lost;
        // attempt: 1..3
        std::function<void(std::size_t attempt, std::chrono::milliseconds delay)> reconnecting;
        // The units of one read have been handed on.
        std::function<void()> read_end;
    };

    Input(net::EventLoop& loop, rtsp::Url url, UnitSink& sink, Statistics& statistics,
          Events events, InputTimes times = {});
    ~Input() override;

    boost::asio::awaitable<End> run();
    // TEARDOWN; run() ends soon.
    void stop();

    bool playing() const { return receiver_.has_value(); }
    std::size_t reconnection_limit() const { return reconnection_.limit(); }

private:
    // rtsp::ClientHandler
    void on_streaming(std::vector<rtsp::ClientTrack> const& tracks) override;
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override;
    void on_read_end() override { events_.read_end(); }
    // net::Watched
    void check(net::LoopClock::time_point now) override;

    boost::asio::awaitable<void> connect_once();
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds delay);
    void hand_on();
    void update_lost_packets();
    bool same_codecs(media::Tracks const& tracks) const;

    net::EventLoop& loop_;
    rtsp::Url const url_;
    UnitSink& sink_;
    Statistics& statistics_;
    Events events_;
    InputTimes const times_;
    Reconnection reconnection_;
    boost::asio::steady_timer timer_;
    std::optional<rtsp::Client> client_;
    std::optional<Receiver> receiver_;
    Epoch epoch_;
    media::Timeline timeline_;
    media::Tracks tracks_;  // of the first connection
    std::vector<media::Unit> units_;
    std::string last_error_;
    net::LoopClock::time_point last_media_{};  // on this connection
    std::uint64_t packets_lost_before_ = 0;    // on connections that have ended
    bool played_ = false;                      // ever
    bool media_flowed_ = false;                // on this connection
    bool stopping_ = false;
    std::optional<End> final_;
};

}  // namespace tidegate::worker
