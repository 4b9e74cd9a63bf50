// Random walks through the simulated cluster. TIDEGATE_MODEL_SEED and TIDEGATE_MODEL_STEPS choose
// other and more walks; the heavy form is a million steps.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "orchestrator/core/cluster_world_test.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

constexpr std::size_t kClusterWalk = 200;
constexpr std::uint64_t kFewSteps = 30'000;
constexpr std::uint64_t kFirstSeed = 20'261'129;
// The checks have to find what is broken within this many walks.
constexpr std::uint64_t kBrokenWalks = 150;

std::uint64_t chosen(char const* name, std::uint64_t otherwise) {
    auto const* const text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

Setup cluster_setup() {
    Setup setup;
    setup.policy.ready_deadline = std::chrono::minutes{2};  // as apps/media-service has it for Pods
    return setup;
}

std::string told(Script const& script, Setup const& setup, std::uint64_t seed) {
    auto const small =
        shrink(script, [&](Script const& part) { return run_script(part, setup).has_value(); });
    return "seed " + std::to_string(seed) + ": " + *run_script(small, setup) + "\n" + to_cpp(small);
}

struct Broken {
    std::string_view name;
    std::string_view caught_by;  // what the check that has to notice says
    Setup setup;
};

template <class Change>
Broken broken(std::string_view name, std::string_view caught_by, Change change) {
    Broken made{name, caught_by, cluster_setup()};
    change(made.setup);
    return made;
}

std::vector<Broken> all_broken() {
    return {
        broken("workers without a Lease", "two workers publish",
               [](Setup& s) { s.worker_leases = false; }),
        broken("a worker acts for longer than others wait", "two workers publish",
               [](Setup& s) { s.worker_times.deadline = std::chrono::seconds{50}; }),
        broken("the Lease of a worker that may run is removed", "two workers publish",
               [](Setup& s) { s.releases_early = true; }),
        broken("an unreachable Pod is replaced", "a second process is started",
               [](Setup& s) { s.replaces_unreachable = true; }),
        broken("a deposed leader acts", "a replica acts that does not lead",
               [](Setup& s) { s.leads_too_long = true; }),
        broken("workers are not adopted", "is not served", [](Setup& s) { s.adopts = false; }),
        broken("lost events are not made up for", "", [](Setup& s) { s.lists_again = false; }),
        broken("a stream is never given up", "outlives its source",
               [](Setup& s) { s.keeps_gone = true; }),
    };
}

}  // namespace

TEST(ClusterModel, EverythingThatIsBrokenIsCaught) {
    for (auto const& [name, caught_by, setup] : all_broken()) {
        std::optional<std::string> why;
        std::uint64_t seed = 0;
        for (; seed < kBrokenWalks && !why; ++seed) {
            why = run_script(random_script(seed, kClusterWalk), setup);
            if (why && !why->contains(caught_by)) why.reset();
        }
        EXPECT_TRUE(why) << name;
        if (!why) continue;
        std::printf("cluster model: \"%.*s\" caught by walk %llu: %s\n",
                    static_cast<int>(name.size()), name.data(),
                    static_cast<unsigned long long>(seed - 1), why->c_str());
    }
}

TEST(ClusterModel, RandomWalksKeepEveryInvariantAndConverge) {
    auto const first = chosen("TIDEGATE_MODEL_SEED", kFirstSeed);
    auto const steps = chosen("TIDEGATE_MODEL_STEPS", kFewSteps);
    auto const setup = cluster_setup();
    World::Counts counts;
    std::uint64_t seed = first;
    for (std::uint64_t done = 0; done < steps; done += kClusterWalk, ++seed) {
        auto const script = random_script(seed, kClusterWalk);
        if (run_script(script, setup, &counts)) FAIL() << told(script, setup, seed);
    }
    std::printf("cluster model: seeds %llu to %llu; %u leaders, %u workers, %u forced deletions\n",
                static_cast<unsigned long long>(first), static_cast<unsigned long long>(seed - 1),
                counts.leaders, counts.workers, counts.forced);
    // A walk in which nothing happens proves nothing.
    EXPECT_GT(counts.leaders, seed - first);
    EXPECT_GT(counts.workers, seed - first);
    EXPECT_GT(counts.forced, (seed - first) / 10);
    EXPECT_GT(counts.waits_for_lease, 0U);
}

}  // namespace tidegate::orchestrator::cluster
