// Who publishes, and what breaks.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/world.hpp"

namespace tidegate::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr double kMeanSession = 2.0 * 3600;  // seconds
constexpr double kFlaps = 0.3;               // of all ends: the publisher returns
constexpr double kMoves = 0.25;              // of those, at another router
constexpr double kHalfOpen = 0.2;            // of those, the old router does not notice for a while
constexpr seconds kReadTimeout{10};
constexpr double kWorkersLive = 12 * 3600;  // seconds until a worker crashes, on average
constexpr double kLostHooks = 0.01, kDoubledHooks = 0.01;
constexpr seconds kTurn{1};
constexpr std::size_t kMostArrivals = 1000;  // a second

}  // namespace

// The night has a fifth of the evening.
std::size_t World::target() const {
    auto const day = std::chrono::duration<double>(now_ - begin_).count() / 86'400;
    auto const curve = 0.6 - 0.4 * std::cos(2 * std::numbers::pi * (day - 0.17));
    return static_cast<std::size_t>(curve * static_cast<double>(settings_.most_live));
}

void World::arrive_and_leave() {
    later(kTurn, What::arrive_and_leave);
    auto const wanted = target();
    for (std::size_t n = 0; n < kMostArrivals && online_.size() < wanted && !offline_.empty();
         ++n) {
        publish(offline_[any(offline_.size())], any(routers_.size()));
        ++minute_.arrivals;
    }
    for (std::size_t n = 0; n < kMostArrivals && online_.size() > wanted; ++n) {
        end_session(online_[any(online_.size())], false);
        ++minute_.departures;
    }
}

void World::publish(std::uint32_t index, unsigned router) {
    while (!routers_[router].up) router = any(routers_.size());
    auto& stream = streams_[index];
    auto const last = offline_.back();
    place_[last] = place_[index];
    offline_[place_[index]] = last;
    offline_.pop_back();
    place_[index] = online_.size();
    online_.push_back(index);
    stream.live = true;
    stream.asked = stream.worker.alive && stream.worker.router == router;  // it goes on
    stream.router = router;
    stream.session = ++sessions_;
    stream.since = now_;
    if (stream.stale_router == router)
        stream.stale_router.reset();  // the new session takes its place
    set_path(router, stream.id, base::Direction::in, stream.session);
    auto const stays = -std::log(1 - unit_(random_)) * kMeanSession;
    later(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(stays + 1)),
          What::leave, index, stream.session);
    if (chance(kLostHooks)) {
        ++report_.lost_hooks;
    } else {
        later(between(milliseconds{5}, milliseconds{50}), What::ready_hook, index, stream.session);
    }
    if (chance(kDoubledHooks))
        later(between(milliseconds{5}, seconds{5}), What::ready_hook, index, stream.session);
}

void World::leave(std::uint32_t index, std::uint64_t session) {
    auto const& stream = streams_[index];
    if (!stream.live || stream.session != session) return;
    bool const returns = chance(kFlaps);
    (returns ? minute_.flaps : minute_.departures)++;
    end_session(index, returns);
}

void World::end_session(std::uint32_t index, bool returns) {
    auto& stream = streams_[index];
    auto const last = online_.back();
    place_[last] = place_[index];
    online_[place_[index]] = last;
    online_.pop_back();
    place_[index] = offline_.size();
    offline_.push_back(index);
    stream.live = false;
    stream.gone = now_;
    bool const up = routers_[stream.router].up;
    bool const moves = returns && (!up || chance(kMoves));
    bool const half_open = moves && up && !stream.stale_router && chance(kHalfOpen);
    if (half_open) {
        stream.stale_router = stream.router;
        stream.stale_session = stream.session;
        later(kReadTimeout, What::forget_stale, index, stream.router);
    } else if (up) {
        drop_path(stream.router, stream.id, base::Direction::in);
        if (chance(kLostHooks)) {
            ++report_.lost_hooks;
        } else {
            later(between(milliseconds{5}, milliseconds{50}), What::not_ready_hook, index,
                  stream.session);
        }
    }
    if (stream.worker.alive && !half_open)
        later(seconds{1}, What::worker_check, index, stream.worker.handle);
    if (!returns) return;
    if (moves) ++minute_.moves;
    later(between(seconds{1}, seconds{60}), What::back, index,
          moves ? any(routers_.size()) : stream.router);
}

void World::set_path(unsigned router, std::string const& id, base::Direction direction,
                     std::uint64_t source) {
    auto& index = routers_[router].index;
    auto& items = routers_[router].items;
    auto path = base::stream_path(id, direction);
    auto const [it, is_new] = index.try_emplace(path, items.size());
    if (is_new) items.emplace_back();
    auto& item = items[it->second];
    item.name = std::move(path);
    item.online = true;
    item.source_id = std::to_string(source);
    item.source_type = "rtmpConn";
    item.began =
        std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count();
}

void World::drop_path(unsigned router, std::string const& id, base::Direction direction) {
    auto& index = routers_[router].index;
    auto& items = routers_[router].items;
    auto const found = index.find(base::stream_path(id, direction));
    if (found == index.end()) return;
    auto const place = found->second;
    index.erase(found);
    if (place + 1 != items.size()) {
        items[place] = std::move(items.back());
        index[items[place].name] = place;
    }
    items.pop_back();
}

// All its publishers and all workers at it lose their sessions at once. Publishers return,
// elsewhere.
void World::router_crash(unsigned router) {
    ++report_.router_crashes;
    auto& one = routers_[router];
    one.up = one.reachable = one.listed = false;
    std::vector<std::uint32_t> theirs;
    for (auto const index : online_) {
        if (streams_[index].router == router) theirs.push_back(index);
    }
    for (auto const index : theirs) end_session(index, true);
    one.items.clear();
    one.index.clear();
    for (std::uint32_t i = 0; i < streams_.size(); ++i) {
        auto& stream = streams_[i];
        if (stream.stale_router == router) stream.stale_router.reset();
        if (!stream.worker.alive || stream.worker.router != router) continue;
        stream.worker.ready = false;
        later(seconds{1}, What::worker_check, i, stream.worker.handle);
    }
    later(between(seconds{5}, seconds{60}), What::router_back, router);
    later(between(minutes{360}, minutes{2000}), What::router_crash, router);
}

// media-service cannot reach it; its streams go on.
void World::partition(unsigned router) {
    later(between(minutes{200}, minutes{1400}), What::partition, router);
    if (!routers_[router].up) return;
    ++report_.partitions;
    routers_[router].reachable = routers_[router].listed = false;
    later(between(minutes{1}, minutes{5}), What::partition_ends, router);
}

void World::node_crash(unsigned node) {
    ++report_.node_crashes;
    for (std::uint32_t i = 0; i < streams_.size(); ++i) {
        auto const& worker = streams_[i].worker;
        if (worker.alive && worker.node == node) end_worker(i, worker.handle, -9, {});
    }
}

void World::asked(Stream& stream) {
    if (stream.asked || !stream.live) return;
    stream.asked = true;
    minute_.asked_ms.push_back(
        std::chrono::duration<float, std::milli>(now_ - stream.since).count());
}

void World::spawn(std::uint32_t index, action::Spawn const& ask) {
    auto& stream = streams_[index];
    asked(stream);
    ++minute_.starts;
    if (stream.worker.alive) return found(report_.doubles, stream, "a second worker is asked for");
    if (chance(0.01)) {
        ++report_.failed_spawns;
        return later(milliseconds{200}, What::spawn_failed, index, ask.generation);
    }
    auto const handle = ++handles_;
    stream.worker = {true,
                     false,
                     false,
                     epoch_,
                     ask.generation,
                     handle,
                     ask.run_id,
                     router_index_.at(ask.router),
                     any(settings_.nodes),
                     {}};
    ++workers_;
    later(between(milliseconds{50}, milliseconds{1000}), What::spawned, index, handle);
    later(between(milliseconds{1100}, milliseconds{3000}), What::worker_ready, index, handle);
    later(minutes{4}, What::worker_progress, index, handle);
    auto const lives = -std::log(1 - unit_(random_)) * kWorkersLive;
    later(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(lives + 4)),
          What::worker_dies, index, handle, 50);
}

}  // namespace tidegate::sim
