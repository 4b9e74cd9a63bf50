// Has a replica of media-service lead while it holds a Lease. Losing it is the end of the process:
// what it was about to do must not be done by two. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "kubernetes/io/find_access.hpp"
#include "kubernetes/io/lease_keeper.hpp"
#include "net/remote_lease.hpp"
#include "orchestrator/io/http/media_service.hpp"

class Election {
public:
    struct Settings {
        tidegate::kubernetes::AccessOptions access;
        std::string lease;
        std::string name;                             // of this replica
        std::string url;                              // where others reach it
        std::shared_ptr<tidegate::net::Fence> fence;  // is kept up to date
        std::shared_ptr<tidegate::kubernetes::Reach> reach;
    };
    // service must outlive the election. The error is a sentence.
    static std::expected<std::unique_ptr<Election>, std::string> make(
        boost::asio::io_context& io, tidegate::orchestrator::MediaService& service,
        Settings const& settings);

    void start() { keeper_.start(); }
    // Returns why this replica has to end: it leads no more, or cannot begin to.
    boost::asio::awaitable<std::string> wait_for_end();
    // Gives the Lease back, so that another one leads at once. REQUIRES: the service has ended to
    // lead.
    boost::asio::awaitable<void> release() { return keeper_.release(); }

private:
    Election(boost::asio::io_context& io, tidegate::orchestrator::MediaService& service,
             std::unique_ptr<tidegate::kubernetes::Client> client,
             tidegate::kubernetes::LeaseKeeperSettings settings,
             std::shared_ptr<tidegate::net::Fence> fence);
    void on_acquired();
    void on_lost(std::string const& why);
    void on_changed();
    void end(std::string why);

    tidegate::orchestrator::MediaService& service_;
    std::unique_ptr<tidegate::kubernetes::Client> const client_;
    std::shared_ptr<tidegate::net::Fence> const fence_;
    boost::asio::steady_timer ended_;  // used as a condition variable
    std::optional<std::string> why_;   // nullopt: it goes on
    tidegate::kubernetes::LeaseKeeper keeper_;
};
