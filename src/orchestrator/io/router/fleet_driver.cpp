#include "orchestrator/io/router/fleet_driver.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/random.hpp"
#include "log/log.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

namespace {

// How often to check whether all workers have ended, while stopping.
constexpr std::chrono::milliseconds kStopPoll{20};

}  // namespace

FleetDriver::FleetDriver(asio::io_context& io, Policy const& policy, WorkerBackend& backend,
                         Hooks hooks)
    : io_(io),
      policy_(policy),
      backend_(backend),
      hooks_(std::move(hooks)),
      fleet_(policy, base::random_bits()),
      deadline_(io) {}

unsigned FleetDriver::handle(std::string_view stream_id, Event const& event) {
    if (stopping_) return 0;
    Effects effects;
    fleet_.handle(stream_id, event, Clock::now(), effects);
    finish(effects);
    return effects.stale_hints;
}

void FleetDriver::stop() {
    stopping_ = true;
    deadline_.cancel();
}

asio::awaitable<void> FleetDriver::end_workers(Time kill_at) {
    backend_.stop_all();
    asio::steady_timer timer(io_);
    bool killed = false;
    while (backend_.running() != 0) {
        if (!killed && Clock::now() >= kill_at) {
            killed = true;
            backend_.kill_all();
        }
        timer.expires_after(kStopPoll);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

// A backend reports later, never from inside a call, so perform() does not lead back into the
// fleet.
void FleetDriver::finish(Effects& effects) {
    if (hooks_.fence && !hooks_.fence->open()) return;
    for (auto const& transition : effects.transitions) hooks_.transition(transition);
    for (auto const& command : effects.commands) {
        if (hooks_.command) hooks_.command(command);
        perform(backend_, command);
    }
    arm_timer();
}

void FleetDriver::arm_timer() {
    auto next = fleet_.next_deadline();
    if (next) next = std::max(*next, patient_until_);
    if (next == armed_for_) return;
    armed_for_ = next;
    deadline_.cancel();
    if (!next) return;
    deadline_.expires_at(*next);
    deadline_.async_wait([this, armed_for = *next](boost::system::error_code cancelled) {
        if (!cancelled && !stopping_) timer_fired(armed_for);
    });
}

void FleetDriver::timer_fired(Time armed_for) {
    armed_for_.reset();
    auto const now = Clock::now();
    if (now - armed_for > kHeldUp && armed_for != patient_until_) {
        patient_until_ = now + policy_.heartbeat;
        log::write(log::Level::warn, "service.held-up",
                   "this process did not run for a while; workers get time to show that they live");
        return arm_timer();
    }
    Effects effects;
    fleet_.advance(now, effects);
    finish(effects);
}

}  // namespace tidegate::orchestrator
