// A session under a lease that others keep for us (net/remote_lease.hpp): it begins when the lease
// is ours, and is abandoned when it is not any more. One loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "endpoint/exit_code.hpp"
#include "log/log.hpp"
#include "net/remote_lease.hpp"

namespace tidegate::endpoint {

// Logs a line about the run.
using Tell =
    std::function<void(log::Level level, std::string_view event, std::string const& message)>;

// Session: has run(), stop(), abandon(why) and notify().
template <class Session>
class LeasedRun {
public:
    // lease: null: there is none. Both must outlive this.
    LeasedRun(Session& session, net::RemoteLease* lease, Tell tell)
        : session_(session), lease_(lease), tell_(std::move(tell)) {}

    // Waits for the lease, runs the session, and gives the lease back.
    boost::asio::awaitable<ExitCode> run() {
        if (lease_ != nullptr && !co_await lease_->take(events())) {
            co_await lease_->give_back();
            co_return ExitCode::stopped;
        }
        running_ = true;
        auto const code = co_await session_.run();
        if (lease_ != nullptr) co_await lease_->give_back();
        co_return code;
    }
    void stop() {
        if (running_ || lease_ == nullptr) return session_.stop();
        lease_->stop();
    }

private:
    net::RemoteLease::Events events() {
        return {
            .waiting =
                [this](std::string const& why) {
                    auto const text = "waiting for the lease: " + why;
                    tell_(log::Level::info, "lease.waiting", text);
                    session_.notify().status({text});
                },
            .lost =
                [this](std::string const& why) {
                    tell_(log::Level::error, "lease.lost", "another worker may begin now: " + why);
                    session_.abandon("the lease was lost: " + why);
                },
            .not_renewed =
                [this](std::string const& why) {
                    tell_(log::Level::warn, "lease.not-renewed",
                          "the lease could not be renewed: " + why);
                },
            .renewed =
                [this] { tell_(log::Level::info, "lease.renewed", "the lease is renewed again"); }};
    }

    Session& session_;
    net::RemoteLease* const lease_;
    Tell const tell_;
    bool running_ = false;
};

}  // namespace tidegate::endpoint
