// Publishes units over RTMP or RTSP (publisher.hpp). All units of one turn of the loop are written
// together. Units that come before the server has accepted the publication are kept; units that a
// slow server does not take are dropped, up to the next key frame. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/paced_start.hpp"
#include "endpoint/publisher.hpp"
#include "endpoint/statistics.hpp"
#include "endpoint/unit_sink.hpp"
#include "media/timeline.hpp"
#include "net/connect.hpp"
#include "net/event_loop.hpp"
#include "net/remote_lease.hpp"
#include "net/tls_client.hpp"

namespace tidegate::endpoint {

// Limits of what is kept until the server accepts, which it does within milliseconds; after 5 s
// without an answer the output ends.
inline constexpr std::size_t kMaxEarlyUnits = 1024;
inline constexpr std::size_t kMaxEarlyBytes = std::size_t{32} * 1024 * 1024;

struct OutputSettings {
    std::chrono::milliseconds connect{5000};
    // A server that has taken no byte for `silence` is gone. Bytes that wait in the kernel have not
    // been taken.
    PublisherTimes times = {};
    // Which addresses may be connected to; empty: all.
    net::AddressCheck check = {};
    // For a URL with TLS; nullptr: such a URL is an error.
    std::shared_ptr<net::TlsClientContext const> trust = {};
    // What we call ourselves. Our routers know their own programs by it.
    std::string program = "Tidegate";
    // While it is closed, nothing is written; null: always open.
    std::shared_ptr<net::Fence const> fence = {};
};

// What the other end of the connection has taken, as the kernel knows it.
struct Delivery {
    std::int64_t acknowledged = 0;  // bytes
    std::int64_t waiting = 0;       // bytes in the kernel and in our queue
};

class Output final : public UnitSink, PublisherHandler {
public:
    using End = PublishEnd;

    struct Events {
        std::function<void()> tracks_known;  // once; now run() can be started
        std::function<void()> accepted;      // the server has accepted the publication
        std::function<void()> ended;         // after on_end(): the last unit is queued and flushed
    };

    Output(net::EventLoop& loop, OutputUrl url, Statistics& statistics, Events events,
           OutputSettings settings = {});
    ~Output() override;

    // Connects and publishes until the connection ends or stop() was called.
    boost::asio::awaitable<End> run();
    void stop();
    // Ends run() soon with this reason, without waiting for a server that hangs.
    void abandon(std::string reason);
    // nullopt: not connected.
    std::optional<Delivery> delivery() const;

    bool accepted() const { return accepted_; }
    // Of the Lease that the worker holds while it publishes. Null: it holds none.
    net::Fence const* fence() const { return settings_.fence.get(); }
    // The tracks that the protocol cannot carry, in words; empty when there are none.
    std::string left_out() const;

    void on_tracks(media::Tracks const& tracks) override;
    void on_unit(media::Unit const& unit) override;
    void on_caption_languages(std::vector<std::string> const& languages) override {
        caption_languages_ = languages;
    }
    // A caption is dropped while the server does not take units.
    void on_caption(media::Caption const& caption) override;
    void on_end() override;

    // Between cork() and uncork() units gather for one write. Otherwise they are written at the end
    // of the loop's turn, which costs the loop one turn more.
    void cork() { corked_ = true; }
    void uncork();

private:
    boost::asio::awaitable<End> connect_and_run(OutputUrl const& url);
    void on_accepted() override;
    void keep_early(media::Unit const& unit);
    void start_tracks();
    void send_kept(std::vector<media::Unit> units);
    void begin_flowing();
    void tell_end();
    void send(media::Unit const& unit);
    void flush_soon();
    void flush();
    void drop(media::Unit const& unit);
    bool is_fenced_off() const { return settings_.fence && !settings_.fence->open(); }

    net::EventLoop& loop_;
    OutputUrl const url_;
    Statistics& statistics_;
    Events const events_;
    OutputSettings const settings_;
    std::unique_ptr<Publisher> publisher_;  // null: not connected
    int descriptor_ = -1;                   // of its socket
    bool accepted_ = false;
    bool flowing_ = false;  // accepted, and all tracks have begun: units leave as they come
    bool stopped_ = false, abandoned_ = false;
    bool ended_ = false;
    bool told_end_ = false;
    bool corked_ = false;
    bool dirty_ = false;  // something is queued and not flushed
    bool flush_posted_ = false;
    media::Tracks tracks_;
    std::vector<std::string> caption_languages_;
    std::vector<bool> waiting_keyframe_;  // by track, after a drop
    std::optional<PacedStart> start_;
    boost::asio::steady_timer start_timer_;  // for the next step of start_
    std::vector<media::Unit> early_;         // what came while units did not flow
    std::size_t early_bytes_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // checked by handlers
};

}  // namespace tidegate::endpoint
