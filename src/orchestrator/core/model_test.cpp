// Random walks through the simulated world. The environment variables TIDEGATE_MODEL_SEED and
// TIDEGATE_MODEL_STEPS choose other and more walks.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "orchestrator/core/model_world_test.hpp"

namespace tidegate::orchestrator::model {

namespace {

constexpr std::size_t kWalkLength = 500;
constexpr std::uint64_t kDefaultSteps = 1'200'000;
constexpr std::uint64_t kDefaultSeed = 20'261'124;
// The checks have to find a broken state machine within this many walks.
constexpr std::uint64_t kMutantWalks = 300;

std::uint64_t from_environment(char const* name, std::uint64_t otherwise) {
    auto const* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Each walk is in one of eight worlds: the router's list tells queries or not, there are enough
// worker slots or not, and they are workers or forwarders, whose refusals are final.
Setup setup_for(std::uint64_t seed) {
    Setup setup;
    setup.list_tells_query = seed % 2 == 0;
    setup.policy.max_workers = seed % 4 < 2 ? 100 : 2;
    setup.promised.max_workers = setup.policy.max_workers;
    setup.policy.final_refusals = setup.promised.final_refusals = seed % 8 < 4;
    return setup;
}

std::string report(Script const& script, Setup const& setup, std::uint64_t seed) {
    auto const fails = [&](Script const& part) { return run_script(part, setup).has_value(); };
    auto const small = shrink(script, fails);
    return "seed " + std::to_string(seed) + ": " + *run_script(small, setup) + "\n" + to_cpp(small);
}

// The seed of the first walk in which the checks find that this setup is broken; nullopt: they do
// not.
std::optional<std::uint64_t> first_caught(Setup const& broken) {
    for (std::uint64_t seed = 0; seed < kMutantWalks; ++seed) {
        if (run_script(random_script(seed, kWalkLength), broken)) return seed;
    }
    return std::nullopt;
}

// --- machines broken on purpose ---

Step believes_any_not_ready(StreamState const& state, Event const& event, Context const& context) {
    if (std::holds_alternative<event::HintNotReady>(event)) {
        if (auto const* bound = session(state)) {
            return step(state, event::HintNotReady{bound->source_id}, context);
        }
    }
    return step(state, event, context);
}

// It takes a worker for gone as soon as the worker is killed.
Step takes_killed_for_dead(StreamState const& state, Event const& event, Context const& context) {
    auto result = step(state, event, context);
    if (!result.action || !std::holds_alternative<action::Kill>(*result.action)) return result;
    auto const exit = WorkerExit{WorkerExit::Kind::signal, 9};
    auto const generation = worker(result.next)->generation;
    return step(result.next, event::WorkerExited{generation, exit}, context);
}

Step retries_configuration_errors(StreamState const& state, Event const& event,
                                  Context const& context) {
    auto const* exited = std::get_if<event::WorkerExited>(&event);
    if (!exited || !is_configuration_error(exited->exit)) return step(state, event, context);
    auto const exit = WorkerExit{WorkerExit::Kind::code, kExitInternal};
    return step(state, event::WorkerExited{exited->generation, exit}, context);
}

Step starts_beyond_the_limit(StreamState const& state, Event const& event, Context const& context) {
    auto generous = context;
    generous.slot_free = true;
    return step(state, event, generous);
}

Step forgets_that_the_source_returned(StreamState const& state, Event const& event,
                                      Context const& context) {
    auto const* stopping = std::get_if<Stopping>(&state.state);
    if (stopping && stopping->phase != Stopping::Phase::grace &&
        std::holds_alternative<event::Desired>(event)) {
        return {state, {}, Note::none};  // forgets that the source has returned
    }
    return step(state, event, context);
}

Step begins_a_new_run_on_return(StreamState const& state, Event const& event,
                                Context const& context) {
    auto copy = state;
    auto* stopping = std::get_if<Stopping>(&copy.state);
    if (stopping && std::holds_alternative<event::Desired>(event)) stopping->run.id = "another";
    return step(copy, event, context);
}

Step retries_refusals(StreamState const& state, Event const& event, Context const& context) {
    auto policy = context.policy;
    policy.final_refusals = false;
    return step(state, event, {context.now, policy, context.entropy, context.slot_free});
}

struct Mutant {
    std::string_view name;
    Setup setup;
};

Setup with_machine(Fleet::StepFunction machine) {
    Setup setup;
    setup.machine = machine;
    return setup;
}

template <class Change>
Setup with_policy(Change change) {
    Setup setup;
    change(setup.policy);
    return setup;
}

std::vector<Mutant> mutants() {
    using std::chrono::hours;
    using std::chrono::seconds;
    auto capped = with_machine(&starts_beyond_the_limit);
    capped.policy.max_workers = capped.promised.max_workers = 1;
    Setup no_adoption;
    no_adoption.adoption = false;
    auto forwarders = with_machine(&retries_refusals);
    forwarders.policy.final_refusals = forwarders.promised.final_refusals = true;
    return {
        {"a refused key is retried", forwarders},
        {"a stale not-ready acts", with_machine(&believes_any_not_ready)},
        {"one list is enough", with_policy([](Policy& p) { p.absent_lists = 1; })},
        {"a killed worker counts as reaped", with_machine(&takes_killed_for_dead)},
        {"live workers are not adopted", no_adoption},
        {"a lost hook is waited for", with_policy([](Policy& p) { p.hook_patience = hours{1}; })},
        {"a return in Stopping is lost", with_machine(&forgets_that_the_source_returned)},
        {"a return begins a new run", with_machine(&begins_a_new_run_on_return)},
        {"exit 10 is retried", with_machine(&retries_configuration_errors)},
        {"max_workers is ignored", capped},
        {"grace is too long", with_policy([](Policy& p) { p.grace = seconds{45}; })},
        {"grace is too short", with_policy([](Policy& p) { p.grace = seconds{20}; })},
        {"no watchdog", with_policy([](Policy& p) { p.watchdog = hours{1}; })},
        {"no SIGKILL", with_policy([](Policy& p) { p.term_timeout = hours{1}; })},
        {"SIGKILL too soon", with_policy([](Policy& p) { p.term_timeout = seconds{2}; })},
        {"restarts without limit", with_policy([](Policy& p) { p.max_starts = 1000; })},
        {"restarts without delay", with_policy([](Policy& p) { p.restart_delay = {}; })},
        {"gives up too soon", with_policy([](Policy& p) { p.max_starts = 4; })},
    };
}

}  // namespace

// The checks can fail: they find each of these broken machines.
TEST(Model, EveryBrokenMachineIsCaught) {
    for (auto const& mutant : mutants()) {
        auto const seed = first_caught(mutant.setup);
        EXPECT_TRUE(seed) << mutant.name;
        if (!seed) continue;
        auto const why = *run_script(random_script(*seed, kWalkLength), mutant.setup);
        std::printf("model: \"%.*s\" caught by walk %llu: %s\n",
                    static_cast<int>(mutant.name.size()), mutant.name.data(),
                    static_cast<unsigned long long>(*seed), why.c_str());
    }
}

TEST(Model, AFailingWalkShrinksToAFewSteps) {
    auto const broken = with_machine(&believes_any_not_ready);
    auto const seed = first_caught(broken);
    ASSERT_TRUE(seed);
    auto const fails = [&](Script const& script) { return run_script(script, broken).has_value(); };
    auto const small = shrink(random_script(*seed, kWalkLength), fails);
    EXPECT_TRUE(fails(small));
    EXPECT_LE(small.size(), 12U) << to_cpp(small);
}

TEST(Model, RandomWalksKeepEveryInvariantAndConverge) {
    auto const first = from_environment("TIDEGATE_MODEL_SEED", kDefaultSeed);
    auto const steps = from_environment("TIDEGATE_MODEL_STEPS", kDefaultSteps);
    std::uint64_t seed = first;
    for (std::uint64_t done = 0; done < steps; done += kWalkLength, ++seed) {
        auto const script = random_script(seed, kWalkLength);
        auto const setup = setup_for(seed);
        if (run_script(script, setup)) FAIL() << report(script, setup, seed);
    }
    std::printf("model: seeds %llu to %llu\n", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(seed - 1));
}

}  // namespace tidegate::orchestrator::model
