// A plane of streams that come and go on many routers, and a reader of media-service's events that
// tells how long it takes until a worker is asked for. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "plane/routers.hpp"

namespace tidegate::plane {

class Plane {
public:
    Plane(asio::io_context& io, Settings settings);

    // All routers with all streams, whose publishers have been there for long.
    void start();
    // Publishers come and go, with hooks, at the rate of the settings.
    asio::awaitable<void> publish_for(std::chrono::seconds time);
    // Reads GET /v1/events/stream for ever.
    asio::awaitable<void> follow_events();
    // One line of JSON.
    std::string report() const;

private:
    struct Live {
        std::string id;
        unsigned router;
    };
    void publish_one(bool with_hook);
    void take_event(std::string const& json);

    asio::io_context& io_;
    Settings const settings_;
    Counts counts_;
    std::vector<std::unique_ptr<Router>> routers_;
    std::deque<Live> live_;  // oldest first
    std::mt19937_64 random_{42};
    std::uint64_t next_id_ = 0;
    std::unordered_map<std::string, Clock::time_point>
        waiting_;  // published, no worker asked for yet
    std::vector<double> asked_ms_;
    std::uint64_t published_ = 0, lost_events_ = 0;
};

}  // namespace tidegate::plane
