// The invariants of the simulated cluster, checked four times a second.
#include <algorithm>

#include "base/crypto/label_name.hpp"
#include "orchestrator/core/cluster_world_test.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

using std::chrono::seconds;

// Beside the grace period: to notice that the source is gone, to stop the worker, and for its node.
constexpr seconds kGoneSlack{25};
// From a publisher to a state, where nothing is in the way: a look at the router, and a Pod.
constexpr seconds kKnownWithin{15};
// A running stream may be silent for so long: a worker that was adopted gets as much time as one
// that starts (2 min), and is then killed.
constexpr seconds kSilentFor{160};

}  // namespace

void World::check() {
    if (failure_) return;
    check_publishers();
    check_leaders();
    for (auto& stream : streams_) {
        if (stream.source) {
            check_live(stream);
        } else {
            check_gone(stream);
        }
    }
}

// The one that must hold whatever happens.
void World::check_publishers() {
    std::array<unsigned, kStreams> publishers{};
    for (auto const& worker : workers_) publishers[worker.stream] += publishes(worker) ? 1 : 0;
    for (unsigned i = 0; i < kStreams; ++i) {
        if (publishers[i] > 1) fail("two workers publish for " + streams_[i].id);
    }
}

void World::check_leaders() {
    auto const holders = std::ranges::count_if(replicas_, [&](Replica const& replica) {
        return replica.alive && replica.lease.claim && replica.lease.claim->holds(now_);
    });
    if (holders > 1) fail("two replicas lead");
}

// Served, or what the leader shows says why not.
void World::check_live(Stream& stream) {
    auto const since = std::max(stream.source_since, calm_since());
    if (now_ - since < kKnownWithin) return;
    auto const* const leading = leader();
    if (leading == nullptr) return fail("nobody leads although nothing is in the way");
    if (now_ - leading->leads_since < kKnownWithin) return;
    auto const* const state = leading->service->fleet.find(stream.id);
    if (state == nullptr) return fail(stream.id + " is live, and nothing is known of it");
    if (state->kind() == StateKind::idle && !stream.is_held())
        fail(stream.id + " is live, but idle");
    auto const served = std::ranges::any_of(workers_, [&](Worker const& worker) {
        return streams_[worker.stream].id == stream.id && publishes(worker);
    });
    if (served || state->kind() != StateKind::running) return stream.silent_since.reset();
    if (!stream.silent_since) stream.silent_since = now_;
    auto const silent = now_ - std::max(*stream.silent_since, calm_since());
    if (silent > kSilentFor) fail(stream.id + " is shown as running, and nothing is published");
}

void World::check_gone(Stream const& stream) {
    auto const since = std::max(stream.gone_since, calm_since());
    auto const limit = since + Policy{}.grace + Policy{}.term_timeout + kGoneSlack;
    if (now_ <= limit) return;
    for (auto const& worker : workers_) {
        if (worker.alive() && streams_[worker.stream].id == stream.id) {
            return fail("a worker outlives its source, " + stream.id);
        }
    }
}

void World::check_settled(bool everyone) {
    if (failure_) return;
    auto const* const leading = leader();
    if (leading == nullptr) return fail("settled, and nobody leads");
    for (unsigned i = 0; i < kStreams; ++i) {
        auto const& stream = streams_[i];
        auto const count = std::ranges::count_if(
            workers_, [&](Worker const& worker) { return worker.stream == i && worker.alive(); });
        auto const pod = server_.pods().contains(base::label_name("worker-", stream.id));
        if (!stream.source) {
            if (count != 0 || pod) fail("settled, and " + stream.id + " has a worker or a Pod");
            continue;
        }
        auto const* const state = leading->service->fleet.find(stream.id);
        auto const kind = state ? state->kind() : StateKind::idle;
        bool const explained =
            !everyone && (kind == StateKind::failed || kind == StateKind::backing_off ||
                          kind == StateKind::starting || stream.is_held());
        auto const served = std::ranges::any_of(workers_, [&](Worker const& worker) {
            return worker.stream == i && publishes(worker);
        });
        bool const whole = served && count == 1 && kind == StateKind::running;
        if (!whole && !explained) {
            fail("settled, and " + stream.id + " is not served: " + std::string(name(kind)) + ", " +
                 std::to_string(count) + " processes" +
                 (state ? " (" + explain(*state, setup_.policy) + ")" : ""));
        }
    }
}

}  // namespace tidegate::orchestrator::cluster
