// Server-sent events (WHATWG HTML §9.2) of everything that happens: one feed, any number of readers
// up to a limit. A reader that falls behind is told how much it lost and goes on. One event loop.
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

// People and dashboards that watch at once; the next one gets 503.
inline constexpr std::size_t kMaxFeedReaders = 64;

// Events that wait for one slow reader: seconds of a busy fleet.
inline constexpr std::size_t kMaxFeedBacklog = 1024;

// A comment is sent when nothing has happened for so long, so that proxies keep the connection.
inline constexpr std::chrono::seconds kFeedHeartbeat{15};

class EventFeed {
public:
    explicit EventFeed(boost::asio::io_context& io);
    ~EventFeed();

    // Sends one event to everybody: "event: <type>\nid: <n>\ndata: <json>\n\n".
    void publish(std::string_view type, boost::json::object const& data);

    // The response to GET /v1/events/stream, or a refusal when too many read already.
    http::Response open();

    std::size_t readers() const { return readers_.size(); }

private:
    struct Reader {
        explicit Reader(boost::asio::io_context& io) : wake(io) {}
        boost::asio::steady_timer wake;
        std::deque<std::string> backlog;
        std::uint64_t lost = 0;
    };
    // Takes part from construction to destruction.
    class Subscription;

    static boost::asio::awaitable<void> serve(std::shared_ptr<Subscription> subscription,
                                              http::BodyStream& stream);

    boost::asio::io_context& io_;
    std::uint64_t next_id_ = 1;
    std::shared_ptr<std::vector<Reader*>> shared_readers_;
    std::vector<Reader*>& readers_;
};

}  // namespace tidegate::orchestrator
