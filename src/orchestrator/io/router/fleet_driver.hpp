// Runs a fleet: tells it what happens, has its backend carry out what it decides, and fires its
// timers. Workers have one, and forwarders another. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "net/remote_lease.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_backend.hpp"

namespace tidegate::orchestrator {

// If a timer fires this much too late, it was this process that did not run (it was stopped, or had
// no CPU time). Workers could not be heard meanwhile, so they get the time for one more heartbeat
// before their silence counts.
inline constexpr std::chrono::milliseconds kHeldUp{1'000};

class FleetDriver {
public:
    struct Hooks {
        std::function<void(Transition const&)> transition;
        std::function<void(Command const&)> command;  // before it is carried out; may be empty
        // While it is closed, nothing is carried out: another replica may decide. Null: it is open.
        std::shared_ptr<net::Fence const> fence = {};
    };
    // policy and backend must outlive this.
    FleetDriver(boost::asio::io_context& io, Policy const& policy, WorkerBackend& backend,
                Hooks hooks);
    FleetDriver(FleetDriver const&) = delete;
    FleetDriver& operator=(FleetDriver const&) = delete;

    // Something happened to a stream. Returns how many stale hints that were.
    unsigned handle(std::string_view stream_id, Event const& event);
    // No further timer fires, and events change nothing: workers that end now are the backend's to
    // reap, not to replace.
    void stop();
    // Ends all workers: asks them, and kills those that are left at `kill_at`. Returns when none
    // is left.
    boost::asio::awaitable<void> end_workers(Time kill_at);

    Fleet const& fleet() const { return fleet_; }

private:
    void finish(Effects& effects);
    void arm_timer();
    void timer_fired(Time armed_for);

    boost::asio::io_context& io_;
    Policy const& policy_;
    WorkerBackend& backend_;
    Hooks const hooks_;
    Fleet fleet_;
    boost::asio::steady_timer deadline_;  // the fleet's next deadline
    std::optional<Time> armed_for_;       // what deadline_ is set to; nullopt: it is not
    Time patient_until_{};                // deadline_ is not set to a time before this
    bool stopping_ = false;
};

}  // namespace tidegate::orchestrator
