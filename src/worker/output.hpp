// The worker's end: publishes what it is given over RTMP, the units of one turn of the loop in one
// write. Units that come before the server has accepted are kept; those that a slow server does not
// take are dropped up to the next keyframe. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/timeline.hpp"
#include "net/event_loop.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/io/client.hpp"
#include "worker/stage.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// What is kept until the server has accepted: its answer takes milliseconds, its limit is 5 s.
inline constexpr std::size_t kMaxEarlyUnits = 1024;
inline constexpr std::size_t kMaxEarlyBytes = std::size_t{32} * 1024 * 1024;

// A server that takes nothing for this long is gone, and bytes that wait in the kernel count.
inline constexpr std::chrono::milliseconds kOutputSilence{5000};

class Output final : public UnitSink, rtmp::ClientHandler {
public:
    struct End {
        bool refused = false;
        std::string reason;
    };

    struct Events {
        std::function<void()> tracks_known;  // once: run() is to be started
        std::function<void()> accepted;
        std::function<void()> ended;  // the last unit has been handed to the kernel
    };

    Output(net::EventLoop& loop, rtmp::ClientUrl url, Statistics& statistics, Events events);
    ~Output() override;

    // Connects and publishes until the connection ends or stop() was called.
    boost::asio::awaitable<End> run();
    void stop();

    bool accepted() const { return accepted_; }

    void on_tracks(media::Tracks const& tracks) override;
    void on_unit(media::Unit const& unit) override;
    void on_end() override;

    // From cork() to uncork() units gather for one write. Without them they are written at the end
    // of the loop's turn, which costs the loop a round.
    void cork() { corked_ = true; }
    void uncork();

private:
    void on_accepted() override;
    void keep_early(media::Unit const& unit);
    void send_metadata();
    void send_headers(base::Timestamp at);
    void send(media::Unit const& unit);
    bool queue(rtmp::MessageHeader const& header, base::ByteView prefix,
               base::SharedBytes const& payload);
    void flush_soon();
    void flush();
    void drop(media::Unit const& unit);

    net::EventLoop& loop_;
    rtmp::ClientUrl const url_;
    Statistics& statistics_;
    Events const events_;
    std::optional<rtmp::Client> client_;
    bool accepted_ = false;
    bool stopped_ = false;
    bool ended_ = false;
    bool corked_ = false;
    bool dirty_ = false;  // something is queued and not flushed
    bool flush_posted_ = false;
    std::uint32_t message_stream_ = 0;
    media::Tracks tracks_;
    std::vector<bool> waiting_keyframe_;  // by track, after a drop
    std::vector<media::Unit> early_;
    std::size_t early_bytes_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for the posted flush
};

}  // namespace tidegate::worker
