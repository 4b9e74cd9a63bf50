#include "orchestrator/core/cluster_world_test.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/crypto/label_name.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kClusterTick{250};
constexpr std::array<milliseconds, 7> kSpans{
    milliseconds{250},    milliseconds{1'000},  milliseconds{3'000}, milliseconds{8'000},
    milliseconds{20'000}, milliseconds{45'000}, milliseconds{90'000}};
constexpr std::array<int, 6> kCodes{0, 20, 40, 50, 128 + SIGSEGV, 128 + SIGKILL};
// Until another replica leads and knows everything: the leader's Lease, and two looks.
constexpr seconds kNewLeaderIn{12};
// A worker whose Pod was forgotten keeps its Lease for as long as it may.
constexpr seconds kOrphanLives{40};

}  // namespace

World::World(Setup const& setup, std::uint64_t seed) : setup_(setup), random_(seed) {
    for (unsigned i = 0; i < kStreams; ++i) streams_[i].id = "s" + std::to_string(i);
}

void World::fail(std::string const& what) {
    if (failure_) return;
    auto const ms = std::chrono::duration_cast<milliseconds>(now_ - begin_).count();
    failure_ = "after " + std::to_string(ms) + " ms: " + what;
}

void World::run(Duration duration) {
    auto const until = now_ + duration;
    while (now_ < until && !failure_) {
        now_ = std::min<Time>(until, now_ + kClusterTick);
        tick();
        check();
    }
}

void World::tick() {
    for (auto& flight : flights_) fly(flight);
    std::erase_if(flights_, [](Flight const& flight) {
        return flight.answered && (flight.carried_out || flight.lost);
    });
    schedule();
    for (int node = 0; node < static_cast<int>(kNodes); ++node) sync_node(node);
    for (auto& worker : workers_) pass(worker);
    // What nobody looks at any more: it has ended, and its node knows it.
    std::erase_if(workers_, [&](Worker const& worker) {
        return !worker.alive() && server_.find(worker.pod, worker.uid) == nullptr;
    });
    for (unsigned i = 0; i < kReplicas; ++i) pass(i);
}

void World::trouble(Duration duration) {
    troubled_until_ = std::max(troubled_until_, now_ + duration);
}

void World::apply(Op const& op) {
    auto& stream = streams_[op.stream % kStreams];
    Duration const span = kSpans[op.a % kSpans.size()];
    auto const until = [&](Time& time) {
        time = std::max(time, now_ + span);
        trouble(span);
    };
    switch (op.what) {
        case Do::advance:
            run(span);
            break;
        case Do::publish:
            publish(stream);
            break;
        case Do::unpublish:
            unpublish(stream);
            break;
        case Do::plan:
            stream.plan = static_cast<Plan>(op.a % static_cast<unsigned>(Plan::count));
            break;
        case Do::crash_worker:
            each_worker(op, &World::crash, span);
            break;
        case Do::hang_worker:
            each_worker(op, &World::hang, span);
            break;
        case Do::freeze_worker:
            each_worker(op, &World::freeze, span);
            break;
        case Do::cut_worker:
            each_worker(op, &World::cut, span);
            break;
        case Do::freeze_node:
            until(node_asleep_until_[op.stream % kNodes]);
            break;
        case Do::no_room:
            until(no_room_until_);
            break;
        case Do::evict:
            delete_pod(stream, 10);
            break;
        case Do::force:
            // Mostly because its node does not answer, and perhaps its worker cannot either.
            if (op.a % 4 != 0) isolate(stream, op.a % 2 == 0, span);
            delete_pod(stream, 0);
            break;
        case Do::kill_replica:
        case Do::stop_replica:
        case Do::freeze_replica:
        case Do::cut_from_api:
        case Do::cut_from_router:
            on_replica(op, span);
            break;
        case Do::api_down:
            until(down_until_);
            trouble(span + kNewLeaderIn);
            break;
        case Do::api_slow:
            until(slow_until_);
            trouble(span + seconds{30});
            break;
        case Do::api_lossy:
            until(lossy_until_);
            trouble(span + kNewLeaderIn);
            break;
        case Do::break_watch:
        case Do::lose_events:
        case Do::repeat_events:
        case Do::mix_events:
        case Do::keep_list:
        case Do::old_list:
            on_watch(op);
            break;
        case Do::restart_asked:
            operate(stream, event::OperatorRestart{});
            break;
        case Do::stop_asked:
            operate(stream, event::OperatorStop{});
            break;
        case Do::reset_asked:
            operate(stream, event::OperatorReset{});
            break;
    }
    if (!failure_) check();
}

void World::publish(Stream& stream) {
    stream.source_since = now_;
    stream.source = stream.id + "-" + std::to_string(stream.sources++);
}

void World::unpublish(Stream& stream) {
    if (!std::exchange(stream.source, std::nullopt)) return;
    stream.gone_since = now_;
    stream.silent_since.reset();
}

void World::each_worker(Op const& op, void (World::*change)(Worker&, Duration), Duration duration) {
    for (auto& worker : workers_) {
        if (worker.alive() && worker.stream == op.stream % kStreams) {
            (this->*change)(worker, duration);
        }
    }
}

void World::crash(Worker& worker, Duration duration) {
    exit(worker, kCodes[static_cast<std::size_t>(duration.count()) % kCodes.size()], false);
}

void World::hang(Worker& worker, Duration) {
    worker.hung = true;
}

void World::freeze(Worker& worker, Duration duration) {
    worker.asleep_until = now_ + duration;
    trouble(duration + kOrphanLives);
}

void World::cut(Worker& worker, Duration duration) {
    worker.cut_until = now_ + duration;
    trouble(duration + kOrphanLives);
}

// The node of its worker does nothing, or is cut off with all workers on it.
void World::isolate(Stream const& stream, bool workers_too, Duration duration) {
    for (auto& worker : workers_) {
        if (!worker.alive() || &streams_[worker.stream] != &stream) continue;
        auto& asleep = node_asleep_until_[static_cast<std::size_t>(worker.node)];
        asleep = std::max(asleep, now_ + duration);
        trouble(duration);
        if (workers_too) cut(worker, duration);
    }
}

void World::delete_pod(Stream const& stream, int grace) {
    auto const name = base::label_name("worker-", stream.id);
    auto const found = server_.pods().find(name);
    if (found == server_.pods().end() || is_down()) return;
    auto const uid = found->second.uid;
    if (auto* const worker = worker_of(uid); worker != nullptr && grace == 0) {
        worker->forced = true;
        if (worker->alive()) ++counts_.forced;
    }
    (void)server_.remove(name, uid, grace);
    trouble(kOrphanLives);
}

void World::on_replica(Op const& op, Duration duration) {
    auto& replica = replicas_[op.stream % kReplicas];
    trouble(duration + kNewLeaderIn);
    if (op.what == Do::cut_from_api) replica.api_cut_until = now_ + duration;
    if (op.what == Do::cut_from_router) replica.router_cut_until = now_ + duration;
    if (op.what == Do::freeze_replica) replica.asleep_until = now_ + duration;
    if (!replica.alive) return;
    if (op.what == Do::kill_replica) end_replica(replica, false);
    if (op.what == Do::stop_replica) end_replica(replica, now_ >= replica.asleep_until);
}

void World::on_watch(Op const& op) {
    if (op.what == Do::keep_list) {
        kept_list_ = {server_.list(), server_.history().size()};
        return;
    }
    auto* const leading = leader();
    if (leading == nullptr || !leading->service) return;
    auto& service = *leading->service;
    if (op.what == Do::break_watch) {
        service.has_list = false;
        service.list_at = now_;
    } else if (op.what == Do::lose_events) {
        // What happens until it lists again is not told.
        Duration const span = kSpans[op.a % 4];
        service.has_list = false;
        service.list_at = setup_.lists_again ? now_ + span : Time::max();
        trouble(span);
    } else if (op.what == Do::repeat_events) {
        service.seen -= std::min<std::size_t>(service.seen, op.a % 8);
    } else if (op.what == Do::mix_events) {
        // No server does that within one watch. The list after it puts things right.
        service.mixes = true;
        trouble(seconds{5});
    } else if (op.what == Do::old_list && kept_list_) {
        auto const& [list, seen] = *kept_list_;
        service.keeper.advance(now_, {});
        service.keeper.list_began();
        for (auto const& pod : list.pods) service.keeper.listed(pod);
        service.keeper.list_ended(std::to_string(list.version));
        service.has_list = true;
        service.seen = seen;
    }
}

void World::operate(Stream& stream, Event const& event) {
    auto* const leading = leader();
    if (leading == nullptr || !leading->service || !may_act(*leading)) return;
    auto& service = *leading->service;
    auto const* const known = service.fleet.find(stream.id);
    if (known == nullptr) return;
    bool const stops = std::holds_alternative<event::OperatorStop>(event);
    // An operator's stop is forgotten with the leader that was told.
    auto const* const bound = session(*known);
    stream.held.reset();
    if (stops) stream.held = bound ? bound->source_id : "";
    stream.silent_since.reset();
    service.keeper.advance(now_, {});
    tell(service, stream.id, event);
    drain(static_cast<unsigned>(leading - replicas_.data()));
}

void World::settle() {
    for (auto& stream : streams_) stream.plan = Plan::good;
    down_until_ = slow_until_ = lossy_until_ = no_room_until_ = now_;
    node_asleep_until_.fill(now_);
    for (auto& worker : workers_) worker.asleep_until = worker.cut_until = now_;
    for (auto& replica : replicas_) {
        replica.asleep_until = replica.api_cut_until = replica.router_cut_until = now_;
    }
    run(seconds{260});
    check_settled(false);
    for (auto& stream : streams_) operate(stream, event::OperatorReset{});
    run(seconds{200});
    check_settled(true);
}

std::optional<std::string> run_script(Script const& script, Setup const& setup,
                                      World::Counts* counts) {
    World world(setup);
    for (auto const& op : script) {
        world.apply(op);
        if (world.failure()) return world.failure();
    }
    world.settle();
    if (counts != nullptr) {
        counts->leaders += world.counts().leaders;
        counts->workers += world.counts().workers;
        counts->waits_for_lease += world.counts().waits_for_lease;
        counts->forced += world.counts().forced;
    }
    return world.failure();
}

}  // namespace tidegate::orchestrator::cluster
