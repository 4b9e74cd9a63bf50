#include "sim/world.hpp"

#include <algorithm>

namespace tidegate::sim {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// After so long, a live stream must have a worker, or the core must say why not; and a worker must
// have noticed that its source is gone. The service may be down for ten seconds of it, a router for
// a minute.
constexpr minutes kPatience{3};
constexpr seconds kUnserved{10};
constexpr std::size_t kExamples = 20;

}  // namespace

World::World(Settings settings) : settings_(settings), random_(settings.seed) {
    policy_.max_workers = 10 * settings_.most_live;
    policy_.resync_interval = settings_.lists;
    policy_.watchdog = minutes{10};
    policy_.healthy_after = seconds{60};
    routers_.resize(settings_.routers);
    for (unsigned i = 0; i < settings_.routers; ++i) {
        routers_[i].name = "r" + std::to_string(i);
        router_index_[routers_[i].name] = i;
    }
    streams_.resize(settings_.channels);
    place_.resize(settings_.channels);
    for (std::uint32_t i = 0; i < streams_.size(); ++i) {
        streams_[i].id = "s" + std::to_string(1'000'000 + i);
        place_[i] = offline_.size();
        offline_.push_back(i);
    }
}

Report World::run() {
    start_service();
    for (unsigned i = 0; i < settings_.routers; ++i) {
        later(settings_.lists * i / settings_.routers, What::list, i);
        later(between(minutes{30}, hours{24}), What::router_crash, i);
        later(between(minutes{30}, hours{12}), What::partition, i);
    }
    for (unsigned i = 0; i < 4; ++i)
        later(between(hours{1}, hours{23}), What::node_crash, any(settings_.nodes));
    for (unsigned i = 0; i < 6; ++i) later(between(minutes{20}, hours{24}), What::service_crash);
    later({}, What::arrive_and_leave);
    later(minutes{1}, What::minute);
    later(seconds{211}, What::audit);
    auto const end = begin_ + settings_.length;
    while (true) {
        auto const due = fleet_ ? fleet_->next_deadline() : std::nullopt;
        auto const next = agenda_.top().at;
        auto const at = due ? std::min(*due, next) : next;
        if (at >= end) break;
        now_ = std::max(now_, at);
        ++report_.events;
        if (due && *due <= next) {
            Effects effects;
            {
                Timed const timed(report_.costs[static_cast<std::size_t>(Work::timer)], 1);
                fleet_->advance(now_, effects);
            }
            perform(effects);
            continue;
        }
        auto const one = agenda_.top();
        agenda_.pop();
        happen(one);
    }
    return report_;
}

void World::later(Duration in, What what, std::uint32_t index, std::uint64_t value, int code) {
    agenda_.push({now_ + in, order_++, what, index, value, code});
}

Duration World::between(milliseconds from, milliseconds to) {
    auto const span = static_cast<double>((to - from).count());
    return from + milliseconds{static_cast<std::int64_t>(unit_(random_) * span)};
}

std::uint32_t World::index_of(std::string const& id) const {
    return static_cast<std::uint32_t>(std::stoul(id.substr(1)) - 1'000'000);
}

void World::happen(Happening const& one) {
    report_.digest = report_.digest * 1099511628211ULL + static_cast<std::uint64_t>(one.what) * 31 +
                     one.index + one.value;
    auto const index = one.index;
    switch (one.what) {
        case What::arrive_and_leave:
            return arrive_and_leave();
        case What::leave:
            return leave(index, one.value);
        case What::back:
            if (!streams_[index].live) publish(index, static_cast<unsigned>(one.value));
            return;
        case What::forget_stale:
            if (streams_[index].stale_router == one.value) {
                drop_path(static_cast<unsigned>(one.value), streams_[index].id,
                          base::Direction::in);
                streams_[index].stale_router.reset();
                check(index, streams_[index].worker.handle);
            }
            return;
        case What::ready_hook:
        case What::not_ready_hook:
        case What::output_hook:
            return hook(one.what, index, one.value);
        case What::look_input:
            return look(index, base::Direction::in);
        case What::look_output:
            return look(index, base::Direction::out);
        case What::list:
            later(settings_.lists, What::list, index);
            later(between(milliseconds{20}, milliseconds{200}), What::list_answer, index);
            return;
        case What::list_answer:
            return answer_list(index);
        case What::spawned: {
            auto& worker = streams_[index].worker;
            if (worker.handle != one.value || worker.epoch != epoch_ || worker.confirmed) return;
            worker.confirmed = true;
            return tell(streams_[index].id,
                        event::WorkerSpawned{worker.generation, WorkerHandle{worker.handle}});
        }
        case What::spawn_failed:
            return tell(streams_[index].id, event::SpawnFailed{one.value, "no machine has room"});
        case What::worker_ready:
            return worker_ready(index, one.value);
        case What::worker_progress:
            return progress(index, one.value);
        case What::worker_check:
            return check(index, one.value);
        case What::worker_dies:
            return end_worker(index, one.value, one.code, {});
        case What::worker_exited:
            return worker_exited(index, one.value, one.code);
        case What::router_crash:
            return router_crash(index);
        case What::router_back:
            routers_[index].up = routers_[index].reachable = true;
            return;
        case What::partition:
            return partition(index);
        case What::partition_ends:
            routers_[index].reachable = routers_[index].up;
            return;
        case What::node_crash:
            return node_crash(index);
        case What::service_crash:
            fleet_.reset();
            desired_.reset();
            ++report_.service_crashes;
            later(between(seconds{1}, seconds{10}), What::service_back);
            return;
        case What::service_back:
            return start_service();
        case What::minute:
            return end_minute();
        case What::audit:
            return audit();
    }
}

void World::end_minute() {
    minute_.live = online_.size();
    minute_.workers = workers_;
    minute_.service_down = !fleet_;
    for (auto const& router : routers_)
        minute_.degraded_routers += router.up && router.reachable ? 0 : 1;
    for (auto const index : online_) {
        auto const& stream = streams_[index];
        bool const served = stream.worker.alive && stream.worker.router == stream.router;
        if (!served && now_ - std::max(stream.since, stream.worker_gone) > kUnserved)
            ++minute_.unserved;
    }
    report_.minutes.push_back(std::exchange(minute_, {}));
    later(minutes{1}, What::minute);
}

void World::found(std::uint64_t& count, Stream const& stream, std::string const& what) {
    ++count;
    if (report_.examples.size() >= kExamples) return;
    auto const* const state = fleet_ ? fleet_->find(stream.id) : nullptr;
    auto const at = std::chrono::duration_cast<seconds>(now_ - begin_).count();
    report_.examples.push_back(
        "second " + std::to_string(at) + ", " + stream.id + ": " + what + " (" +
        (state ? std::string(name(state->kind())) + ": " + explain(*state, policy_) : "not known") +
        ")");
}

// What must hold of every stream, whatever has happened.
void World::audit() {
    later(seconds{211}, What::audit);
    if (!fleet_) return;
    for (auto const& stream : streams_) {
        auto const& worker = stream.worker;
        if (stream.live && now_ - stream.since > kPatience) {
            auto const* const state = fleet_->find(stream.id);
            bool const known_where = routers_[stream.router].listed;
            bool const explained =
                state != nullptr &&
                (state->kind() == StateKind::backing_off || state->kind() == StateKind::failed ||
                 state->kind() == StateKind::starting || state->kind() == StateKind::stopping);
            if (!worker.alive && now_ - stream.worker_gone > kPatience && known_where &&
                !explained) {
                found(report_.lost, stream, "live, and no worker");
            }
            if (worker.alive && worker.router != stream.router && known_where && !explained) {
                found(report_.wrong_router, stream, "its worker is at another router");
            }
        }
        if (!stream.live && worker.alive && now_ - stream.gone > kPatience &&
            routers_[worker.router].listed) {
            found(report_.ghosts, stream, "a worker without a source");
        }
    }
}

}  // namespace tidegate::sim
