// One client that watches live.mp4: a connection that the HTTP server has handed over when the
// header of the answer was sent. It begins with a keyframe. When it is too slow, whole fragments
// are dropped, up to the next keyframe. A local variable of its coroutine, on the web loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "net/connection.hpp"
#include "router/hls/context.hpp"
#include "router/hls/items.hpp"
#include "router/hls/live_channel.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/stream/keyframe_patience.hpp"
#include "router/stream/reader_watch.hpp"

namespace tidegate::router {

// What may wait for a viewer: the largest picture, or seconds of the largest streams.
inline constexpr std::size_t kMaxLiveQueue = media::kMaxMessage + 1;
// How many fragments may wait for a viewer that is more than net::kKeepUpTime behind: only the one
// that is being written, because it wants to see what is live.
inline constexpr std::size_t kMaxLateFragments = 1;

class LiveViewer final : net::Connection, LiveSink {
public:
    // What the viewer is, found out before the answer began.
    struct Start {
        HlsSessionInfo info;
        std::shared_ptr<LiveChannel> channel;
        ReaderSeat seat;
        std::chrono::nanoseconds write_timeout;
    };
    static boost::asio::awaitable<void> run(net::Link link, net::EventLoop& loop, HlsItems& items,
                                            Start start);

private:
    LiveViewer(net::Link link, net::EventLoop& loop, HlsItems& items, Start start);
    ~LiveViewer() override;

    // net::Connection
    Turn on_bytes(base::ByteView) override { return Turn::read_on; }
    void on_watch(net::LoopClock::time_point now) override;
    // LiveSink
    void write(LiveFragment const& fragment) override;
    void end(std::string_view reason) override { close_after_writes(std::string(reason)); }

    void discard();
    void show_bytes();
    void log(log::Level level, std::string_view event, std::string const& text) const;
    std::string prefix() const { return "[HLS] [session " + record_->id().substr(0, 8) + "]"; }

    bool waiting_ = true;  // for a keyframe
    bool late_ = false;    // because it was too slow
    KeyframePatience patience_;
    HlsItems& items_;
    std::shared_ptr<HlsSessionRecord> record_;
    std::shared_ptr<LiveChannel> channel_;
    ReaderSeat seat_;
    SlowReader slow_;
    std::uint64_t shown_bytes_ = 0;
};

}  // namespace tidegate::router
