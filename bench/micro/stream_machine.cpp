#include <stdexcept>

#include "micro/cases.hpp"
#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::bench {

namespace {

namespace core = orchestrator;
namespace event = orchestrator::event;

// Live, spawned, ready, alive, gone, grace over, worker reaped.
void live_once(core::Policy const& policy) {
    core::StreamState state;
    core::Generation generation = 0;
    int spawns = 0;
    auto at = core::Time{} + std::chrono::hours{1};
    auto const feed = [&](core::Event const& what, core::Duration later) {
        at += later;
        auto result = core::step(state, what, {.now = at, .policy = policy, .entropy = {1, 2}});
        if (result.action) {
            if (auto const* const spawn = std::get_if<core::action::Spawn>(&*result.action)) {
                generation = spawn->generation;
                ++spawns;
            }
        }
        state = std::move(result.next);
    };
    using std::chrono::seconds;
    feed(event::Desired{{"a-source", "rtmpConn", std::nullopt}}, seconds{0});
    feed(event::WorkerSpawned{generation, core::WorkerHandle{4711}}, seconds{0});
    feed(event::WorkerReady{generation}, seconds{1});
    feed(event::WorkerProgress{generation}, seconds{1});
    feed(event::OutputReadable{true}, seconds{1});
    feed(event::NotDesired{}, seconds{10});
    feed(event::TimerFired{}, policy.grace + seconds{1});
    feed(event::WorkerExited{generation, {core::WorkerExit::Kind::code, 0}}, seconds{1});
    if (spawns != 1) throw std::logic_error("the stream did not live");
}

}  // namespace

MicroStep stream_machine_life() {
    return [policy = core::Policy{}] { live_once(policy); };
}

}  // namespace tidegate::bench
