// One path's stream as HLS: reads its units on the web loop, gives them to hls/core, and wakes the
// requests that wait for what that makes. It outlives its publisher for a while: a publisher that
// comes back goes on in the same playlists, after a discontinuity. The web loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hls/core/muxer.hpp"
#include "hls/core/subtitles.hpp"
#include "log/line_limit.hpp"
#include "router/hls/context.hpp"
#include "router/hls/waiters.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/stream.hpp"

namespace tidegate::router {

// The log gets at most one line in this time about captions that came too late.
inline constexpr std::chrono::seconds kLateCaptionPause{60};

class HlsMuxer final : public Reader {
public:
    // What the server has to know, told at the end of the call that brought it, never within it.
    struct Listener {
        std::function<void()> publisher_left;
        std::function<void(std::string const& why)> failed;  // of no further use
        // There is a new edition. Within the call; may be empty.
        std::function<void(std::shared_ptr<hls::Edition const> const&)> changed = {};
    };
    // requested_by: ip:port of the client; empty: nobody, it was made automatically.
    HlsMuxer(HlsContext const& context, std::string path, std::string requested_by,
             Listener listener);
    ~HlsMuxer() override;

    // Reads the path's stream from now on: the first one, or the one of a publisher that has come
    // back. The error says why that is impossible; the muxer is as before then.
    std::expected<void, std::string> read(std::shared_ptr<Stream> stream);
    // The publisher has gone. What is there can still be had.
    void leave();
    // No requests wait from here on, and none may come: they see closed().
    void close();

    std::string const& path() const { return path_; }
    bool automatic() const { return requested_by_.empty(); }
    bool closed() const { return closed_; }
    // Whether it has something to serve.
    bool works() const { return core_.has_value() && !failed_; }
    std::shared_ptr<Stream> const& stream() const { return stream_; }  // null: no publisher
    // When the publisher left. REQUIRES: stream() is null.
    HlsClock::time_point left_at() const { return left_at_; }

    std::shared_ptr<hls::Edition const> const& edition() const { return core_->edition(); }
    // Wakes the waiter at the next edition, at close(), or at its deadline. leading: before the
    // others. REQUIRES: it is not closed.
    void wait(HlsWaiter& waiter, bool leading) { waiters_.add(waiter, leading); }
    // The same for a coroutine; before the others.
    boost::asio::awaitable<HlsWaiter::Woken> wait(HlsClock::time_point deadline);
    // Whether the file is of the picture, or of the sound alone: when a thousand viewers wake, that
    // goes out first, for players show nothing without it.
    static bool leads(hls::FileName const& file) {
        return !file.id.starts_with("audio") && !file.id.starts_with(hls::kSubtitlesId);
    }

    // A request for it has come.
    void touch();
    // When it was last of use: now, while a request waits.
    HlsClock::time_point last_request(HlsClock::time_point now) const {
        return waiters_.empty() ? last_request_ : now;
    }
    HlsMuxerRecord& record() { return *record_; }
    void log(log::Level level, std::string_view event, std::string const& text) const;

    bool offer(FanoutItem const& item) override;
    void flush() override;
    void missed(Missed const& count) override;
    void stream_ended() override { post(listener_.publisher_left); }

private:
    std::expected<bool, hls::Error> take(FanoutItem const& item);
    std::expected<void, std::string> begin(Stream const& stream, media::Tracks const& tracks);
    void take_captions();
    void announce(media::Tracks const& tracks);
    void fail(std::string why);
    void post(std::function<void()> what);

    HlsContext const& context_;
    std::string const path_;
    std::string const requested_by_;
    Listener const listener_;
    std::shared_ptr<HlsMuxerRecord> record_;
    std::shared_ptr<Stream> stream_;
    media::Tracks tracks_;
    std::optional<hls::Muxer> core_;
    HlsWaiters waiters_{context_.io()};
    HlsClock::time_point last_request_;
    HlsClock::time_point left_at_{};
    AlreadyHad had_;
    CaptionBoard* captions_ = nullptr;  // of stream_; null: it has none
    std::uint64_t captions_seen_ = 0;
    log::LineLimit late_captions_{kLateCaptionPause};
    bool news_ = false;  // since the last flush
    bool failed_ = false;
    bool closed_ = false;
    // What was posted is not done after the muxer has gone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::router
