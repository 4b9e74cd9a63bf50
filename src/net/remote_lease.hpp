// A lease that others keep for us, on another machine: it has to be renewed, and who cannot renew
// it has to stop before another one may take it. (net::Lease is the one of a single machine.) One
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace tidegate::net {

// Until when the holder of a lease may act. Whoever acts looks at it each time, because a process
// that was stopped for a while may be woken by anything before its timers fire.
struct Fence {
    using Clock = std::chrono::steady_clock;
    Clock::time_point until = Clock::time_point::min();
    std::uint64_t failed_renewals = 0;  // so far
    bool open() const { return Clock::now() < until; }
};

class RemoteLease {
public:
    virtual ~RemoteLease() = default;

    // Called on the loop.
    struct Events {
        // It is not ours yet; why: for people.
        std::function<void(std::string const& why)> waiting;
        // It is not ours any more; once. why: for people.
        std::function<void(std::string const& why)> lost;
        // It could not be renewed, and is still ours; why: for people. Once until renewed().
        std::function<void(std::string const& why)> not_renewed;
        std::function<void()> renewed;
    };
    // Returns true when it is ours, which may be when its holder has not renewed it in time. False:
    // stop() was called.
    virtual boost::asio::awaitable<bool> take(Events events) = 0;
    virtual void stop() = 0;
    // Gives it back, if it is ours, and tries for it no longer. REQUIRES: we have stopped to act.
    virtual boost::asio::awaitable<void> give_back() = 0;
};

// Makes one on the loop. The error is a sentence about what a person has to change.
using RemoteLeaseMaker = std::function<std::expected<std::unique_ptr<RemoteLease>, std::string>(
    boost::asio::io_context&)>;

}  // namespace tidegate::net
