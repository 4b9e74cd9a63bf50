// Takes a Lease, and holds it until it is told to end, or cannot (core/claim.hpp has the rules).
// Its client should be its own: a renewal must not wait behind other requests. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "kubernetes/core/claim.hpp"
#include "kubernetes/core/list_watch.hpp"
#include "kubernetes/io/client.hpp"
#include "kubernetes/io/leases.hpp"
#include "net/task_group.hpp"

namespace tidegate::kubernetes {

// How long the end of a program may wait for the server to take the Lease back.
inline constexpr std::chrono::milliseconds kReleaseDeadline{1'000};

struct LeaseKeeperSettings {
    ClaimSettings claim;
    std::string name_space;  // empty: the client's
    // It is watched, so that we know at once when it is free or has another holder.
    bool watches = false;
    // At the end the object is removed. Without it, it stays, and nobody holds it.
    bool remove_at_end = false;
};

class LeaseKeeper : ObjectSink {
public:
    // Called on the loop. They may call release(), but not destroy the keeper.
    struct Events {
        // We hold it from now on.
        std::function<void()> acquired;
        // We do not any more, and must not act. why: for people. It is tried for again.
        std::function<void(std::string const& why)> lost;
        // The record, or why it is not known, is not what it was. May be empty.
        std::function<void()> changed;
        // We hold it, and a request for it has failed. is_first: the one before had not. why: for
        // people. May be empty.
        std::function<void(bool is_first, std::string const& why)> not_renewed = {};
        // It was renewed, after that. May be empty.
        std::function<void()> renewed_again = {};
    };

    // client must outlive this.
    LeaseKeeper(boost::asio::io_context& io, Client& client, LeaseKeeperSettings settings,
                Events events);
    ~LeaseKeeper() override = default;
    LeaseKeeper(LeaseKeeper const&) = delete;
    LeaseKeeper& operator=(LeaseKeeper const&) = delete;

    void start();
    // Ends, and gives the Lease back if we hold it, within kReleaseDeadline. REQUIRES: nobody acts
    // in our name any more.
    boost::asio::awaitable<void> release();

    Claim const& claim() const { return claim_; }
    // For people: "", or why it is not had.
    std::string const& reason() const { return claim_.reason(); }

private:
    using Time = Claim::Time;

    // ObjectSink: what the watch shows.
    void list_began() override { listed_ = false; }
    void listed(boost::json::value const& object) override;
    void list_ended(std::string const& resource_version) override;
    void changed(boost::json::value const& object) override { listed(object); }
    void removed(boost::json::value const& object) override;
    void on_seen(std::optional<Lease> const& lease);

    boost::asio::awaitable<void> keep();
    boost::asio::awaitable<void> ask(Claim::Ask what);
    boost::asio::awaitable<void> give_back(Lease lease);
    boost::asio::awaitable<void> give_back_what_was_asked_for();
    void take(Claim::Change change);
    void note_renewal(Claim::Result const& result);
    void arm_end();

    LeaseKeeperSettings const settings_;
    Events const events_;
    Leases leases_, last_requests_;
    Claim claim_;
    Client& client_;
    ListWatch watch_;
    bool listed_ = false;  // the list that is under way has shown it
    net::TaskGroup tasks_;
    boost::asio::steady_timer wake_;     // ends the wait of keep()
    boost::asio::steady_timer end_;      // when the time is over in which we may act
    std::optional<Time> end_armed_for_;  // nullopt: it is not set
    bool behind_ = false;                // the last renewal has failed
    bool writing_ = false;               // a request that may make it ours is under way
};

}  // namespace tidegate::kubernetes
