// The core of media-service, driven as the control plane drives it.
#include <utility>
#include <variant>

#include "sim/world.hpp"

namespace tidegate::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr minutes kProgress{4};        // how often a worker says that media advances
constexpr seconds kSourceLost{12};     // a worker ends after this without a source
constexpr seconds kLooksForSource{4};  // how often it looks
constexpr seconds kNeverSeen{7};       // a worker that never saw one ends sooner

}  // namespace

void World::start_service() {
    ++epoch_;
    Timed const timed(report_.costs[static_cast<std::size_t>(Work::restart)], workers_);
    fleet_ = std::make_unique<Fleet>(policy_, settings_.seed + epoch_);
    desired_ = std::make_unique<DesiredStreams>(policy_);
    for (auto& router : routers_) {
        desired_->add_router(router.name);
        router.listed = false;
    }
    for (auto& stream : streams_) {
        auto& worker = stream.worker;
        if (!worker.alive) continue;
        auto const& router = routers_[worker.router].name;
        worker.epoch = epoch_;
        worker.confirmed = true;
        desired_->add_adopted(stream.id, router);
        tell(stream.id,
             event::Adopted{WorkerHandle{worker.handle}, worker.run_id, Params{}, now_, router});
        if (auto const* const state = fleet_->find(stream.id);
            state && orchestrator::worker(*state)) {
            worker.generation = orchestrator::worker(*state)->generation;
        }
        if (epoch_ > 1) ++report_.adopted;
    }
}

void World::hook(What what, std::uint32_t index, std::uint64_t session) {
    if (!fleet_) {
        ++report_.lost_hooks;
        return;
    }
    auto const& stream = streams_[index];
    Timed const timed(report_.costs[static_cast<std::size_t>(Work::hook)], 1);
    auto const source = std::to_string(session);
    if (what == What::ready_hook) desired_->remember_query(stream.id, source, "");
    if (what == What::not_ready_hook && fleet_->find(stream.id) != nullptr)
        tell(stream.id, event::HintNotReady{source});
    later(between(milliseconds{2}, milliseconds{20}),
          what == What::output_hook ? What::look_output : What::look_input, index);
}

// The router that the hook came from is asked: that of the newest session.
void World::look(std::uint32_t index, base::Direction direction) {
    auto const& stream = streams_[index];
    auto const& router =
        routers_[direction == base::Direction::in ? stream.router : stream.worker.router];
    if (!fleet_ || !router.reachable) return;
    auto const found = router.index.find(base::stream_path(stream.id, direction));
    auto const* const item = found == router.index.end() ? nullptr : &router.items[found->second];
    std::vector<StreamEvent> events;
    {
        Timed const timed(report_.costs[static_cast<std::size_t>(Work::look)], 1);
        events = desired_->look(router.name, {stream.id, direction}, item, now_);
    }
    tell_all(events);
}

void World::answer_list(unsigned number) {
    auto& router = routers_[number];
    if (!fleet_) return;
    router.listed = router.reachable;
    std::vector<StreamEvent> events;
    for (auto& item : router.items) item.inbound_bytes += 1;
    {
        Timed const timed(report_.costs[static_cast<std::size_t>(Work::list)], router.items.size());
        events = router.reachable ? desired_->update(router.name, router.items, now_)
                                  : desired_->list_failed(router.name);
    }
    tell_all(events);
}

void World::tell_all(std::vector<StreamEvent> const& events) {
    for (auto const& [id, event] : events) tell(id, event);
    minute_.conflicts += desired_->take_conflicts().size();
    // A stream whose hook is late is looked at when its patience is over.
    while (auto const due = desired_->next_look_due()) {
        for (auto const& [id, router] : desired_->due_looks(*due))
            later(*due - now_ + milliseconds{5}, What::look_input, index_of(id));
    }
}

void World::tell(std::string const& id, Event const& event) {
    if (!fleet_) return;
    Effects effects;
    {
        Timed const timed(report_.costs[static_cast<std::size_t>(Work::worker)], 1);
        desired_->note(id, event);
        fleet_->handle(id, event, now_, effects);
    }
    perform(effects);
}

void World::perform(Effects const& effects) {
    for (auto const& [id, action] : effects.commands) {
        auto const index = index_of(id);
        if (auto const* const ask = std::get_if<action::Spawn>(&action)) spawn(index, *ask);
        if (auto const* const ask = std::get_if<action::Stop>(&action)) {
            ++minute_.replaced;
            end_worker(index, std::to_underlying(ask->handle), 0, milliseconds{300});
        }
        if (auto const* const ask = std::get_if<action::Kill>(&action)) {
            end_worker(index, std::to_underlying(ask->handle), -9, milliseconds{20});
        }
    }
}

void World::end_worker(std::uint32_t index, std::uint64_t handle, int code, Duration in) {
    auto& worker = streams_[index].worker;
    if (!worker.alive || worker.handle != handle) return;
    if (in > Duration{}) return later(in, What::worker_dies, index, handle, code);
    worker.alive = false;
    --workers_;
    streams_[index].worker_gone = now_;
    if (worker.ready) drop_path(worker.router, streams_[index].id, base::Direction::out);
    if (code == 50 || code == -9) {
        ++minute_.crashes;
        ++report_.worker_crashes;
    }
    later(milliseconds{20}, What::worker_exited, index, handle, code);
}

void World::worker_exited(std::uint32_t index, std::uint64_t handle, int code) {
    auto const& worker = streams_[index].worker;
    if (worker.handle != handle || worker.epoch != epoch_ || !fleet_) return;
    auto const& id = streams_[index].id;
    if (!worker.confirmed) tell(id, event::WorkerSpawned{worker.generation, WorkerHandle{handle}});
    tell(id, event::WorkerExited{worker.generation,
                                 code < 0 ? WorkerExit{WorkerExit::Kind::signal, -code}
                                          : WorkerExit{WorkerExit::Kind::code, code}});
}

bool World::has_source(Stream const& stream) const {
    auto const& router = routers_[stream.worker.router];
    return router.up && router.index.contains(base::stream_path(stream.id, base::Direction::in));
}

// It is ready as soon as its source is there.
void World::worker_ready(std::uint32_t index, std::uint64_t handle) {
    auto& stream = streams_[index];
    auto& worker = stream.worker;
    if (!worker.alive || worker.handle != handle || worker.ready) return;
    if (!has_source(stream)) {
        if (!worker.without_source) worker.without_source = now_;
        if (now_ - *worker.without_source >= kNeverSeen)
            return end_worker(index, handle, kExitInput, {});
        return later(seconds{1}, What::worker_ready, index, handle);
    }
    worker.without_source.reset();
    worker.ready = true;
    set_path(worker.router, stream.id, base::Direction::out, handle);
    later(between(milliseconds{5}, milliseconds{50}), What::output_hook, index, handle);
    if (worker.epoch == epoch_ && worker.confirmed)
        tell(stream.id, event::WorkerReady{worker.generation});
}

void World::progress(std::uint32_t index, std::uint64_t handle) {
    auto const& stream = streams_[index];
    auto const& worker = stream.worker;
    if (!worker.alive || worker.handle != handle) return;
    later(kProgress, What::worker_progress, index, handle);
    if (!worker.ready || !has_source(stream)) return;
    if (worker.epoch == epoch_ && worker.confirmed)
        tell(stream.id, event::WorkerProgress{worker.generation});
}

// A worker whose source has gone looks for it again and again, and then ends.
void World::check(std::uint32_t index, std::uint64_t handle) {
    auto& stream = streams_[index];
    auto& worker = stream.worker;
    if (!worker.alive || worker.handle != handle) return;
    if (has_source(stream)) {
        worker.without_source.reset();
        return worker_ready(index, handle);  // its output was lost, too, if its router has crashed
    }
    if (!worker.without_source) worker.without_source = now_;
    if (now_ - *worker.without_source >= kSourceLost)
        return end_worker(index, handle, kExitStopped, {});
    later(kLooksForSource, What::worker_check, index, handle);
}

}  // namespace tidegate::sim
