// Streams everything that happens to clients as server-sent events (WHATWG HTML §9.2), to any
// number of readers up to a limit. A reader that falls behind loses events, is told how many, and
// goes on. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::orchestrator {

// Readers at the same time; the next one gets 503. Readers are people and dashboards.
inline constexpr std::size_t kMaxFeedReaders = 64;

// Events that wait for one slow reader; a busy fleet makes them in some seconds.
inline constexpr std::size_t kMaxFeedBacklog = 1024;

// After so long without an event a comment is sent, so that proxies do not close the connection.
inline constexpr std::chrono::seconds kFeedHeartbeat{15};

class EventFeed {
public:
    explicit EventFeed(boost::asio::io_context& io);
    ~EventFeed();

    // Sends one event to all readers: "event: <type>\nid: <n>\ndata: <json>\n\n".
    void publish(std::string_view type, boost::json::object const& data);

    // The response to GET /v1/events/stream: one that does not end, or 503 if there are too many
    // readers. The reader counts until the response is destroyed.
    http::Response open();

    std::size_t readers() const { return readers_.size(); }

private:
    struct Reader {
        explicit Reader(boost::asio::io_context& io) : wake(io) {}
        boost::asio::steady_timer wake;
        std::deque<std::string> backlog;  // events that it has not been sent yet
        std::uint64_t lost = 0;           // events that found the backlog full
    };
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
