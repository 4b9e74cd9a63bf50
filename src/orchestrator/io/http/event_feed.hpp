// Streams everything that happens to clients as server-sent events (WHATWG HTML §9.2), to any
// number of readers up to a limit. A reader that falls behind loses events, is told how many, and
// goes on. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::orchestrator {

// Readers at the same time; the next one gets 503. Readers are people and dashboards.
inline constexpr std::size_t kMaxFeedReaders = 64;

// Events that wait for one slow reader, and their bytes together; a busy fleet makes them in some
// seconds.
inline constexpr std::size_t kMaxFeedBacklog = 1024;
inline constexpr std::size_t kMaxFeedBacklogBytes = std::size_t{4} * 1024 * 1024;

// After so long without an event a comment is sent, so that proxies do not close the connection.
inline constexpr std::chrono::seconds kFeedHeartbeat{15};

class EventFeed {
public:
    explicit EventFeed(boost::asio::io_context& io);
    ~EventFeed();

    // What a reader wants beside the events that all get.
    struct Wishes {
        bool watch = false;    // publish_watch()
        std::string log{};     // publish_log() of this stream; empty: of none
        bool narrow = false;   // events of the stream `log` only
        std::string prefix{};  // events of streams whose id begins so only
    };

    // Sends an event of a stream to all readers that want events of it: "event: <type>\nid:
    // <n>\ndata: <json>\n\n". json: without line feeds.
    void publish_text(std::string_view stream_id, std::string_view type, std::string_view json);
    // To those that watch.
    void publish_watch(std::string_view type, std::string_view json);
    // To those that watch and whose `log` is this stream.
    void publish_followed(std::string_view stream_id, std::string_view type, std::string_view json);
    // To those whose `log` is this stream.
    void publish_log(std::string_view stream_id, std::string_view json);

    // The response to GET /v1/events/stream: one that does not end, or 503 if there are too many
    // readers. The reader counts until the response is destroyed. first: events with which it
    // begins, as text() makes them.
    http::Response open(Wishes wishes, std::string first = {});
    http::Response open() { return open(Wishes{}); }

    // Ends the answers of all readers, or of those that watch. They may ask again.
    void end_all();
    void end_watchers();

    std::size_t readers() const { return readers_.size(); }
    std::size_t watchers() const;
    bool has_log_reader(std::string_view stream_id) const;
    // The streams whose `log` watchers want, each once.
    std::set<std::string> followed() const;

    // One event as it is sent, with the next id.
    std::string text(std::string_view type, std::string_view json);

private:
    struct Reader {
        explicit Reader(boost::asio::io_context& io) : wake(io) {}
        boost::asio::steady_timer wake;
        std::deque<std::string> backlog;  // events that it has not been sent yet
        std::size_t backlog_bytes = 0;
        std::uint64_t lost = 0;  // events that found the backlog full
        bool ended = false;
        Wishes wishes;
    };
    template <class Wants>
    void send(std::string_view type, std::string_view json, Wants wants);
    static void end(Reader& reader);
    class Subscription;  // a Reader that is in readers_ while it lives

    static boost::asio::awaitable<void> serve(std::shared_ptr<Subscription> subscription,
                                              http::BodyStream& stream);

    boost::asio::io_context& io_;
    std::uint64_t next_id_ = 1;
    // Shared with the subscriptions, since a response may outlive the feed.
    std::shared_ptr<std::vector<Reader*>> shared_readers_;
    std::vector<Reader*>& readers_;  // the same
};

}  // namespace tidegate::orchestrator
