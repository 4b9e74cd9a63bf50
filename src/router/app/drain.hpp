// What a router does before it ends, so that a fleet of routers can be replaced one by one: nobody
// begins to publish any more, and those who publish are sent away one after the other, evenly over
// the drain time, so that they do not all come to the other routers at the same moment. Meanwhile
// everything else goes on: readers, our own workers, the Control API. Workers go by themselves when
// their source has gone. The control loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "router/paths/paths.hpp"

namespace tidegate::router {

class Drain {
public:
    // paths must outlive this. time: within which everybody is sent away; 0: nothing is done.
    Drain(boost::asio::io_context& control, Paths& paths, std::chrono::milliseconds time);

    // Ends when the time is over, nobody publishes any more, or hurry() is called.
    boost::asio::awaitable<void> run();
    // The router shall end at once.
    void hurry();

private:
    boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point end);

    Paths& paths_;
    std::chrono::milliseconds const time_;
    boost::asio::steady_timer pause_;
    bool hurried_ = false;
};

}  // namespace tidegate::router
