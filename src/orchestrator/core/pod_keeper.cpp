// What the keeper decides: which request comes next, when a start has failed, when to be woken.
#include "orchestrator/core/pod_keeper.hpp"

#include <algorithm>
#include <utility>

#include "base/crypto/label_name.hpp"
#include "base/random.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr std::string_view kPodPrefix = "worker-";

// A timer is never set to a time that has come: advance() would not end.
constexpr std::chrono::milliseconds kShortestWait{1};

std::string as_on_node(PodFacts const& pod) {
    return pod.node.empty() ? pod.name : pod.name + " on " + pod.node;
}

}  // namespace

PodKeeper::PodKeeper(PodKeeperSettings settings, std::uint64_t seed)
    : settings_(std::move(settings)),
      // A grace of 0 would make the server forget the Pod (see above).
      stop_grace_(
          std::max(kKillGrace, std::chrono::ceil<std::chrono::seconds>(settings_.stop_grace))),
      random_(seed) {}

PodKeeper::Entry& PodKeeper::entry_of(std::string const& name) {
    auto const found = entries_.find(name);
    if (found != entries_.end()) return found->second;
    Entry entry{.name = name,
                .pod_name = base::label_name(kPodPrefix, name),
                .backoff = base::Backoff(settings_.retry)};
    return entries_.emplace(name, std::move(entry)).first->second;
}

PodKeeper::Entry* PodKeeper::find(std::string const& name, WorkerHandle handle) {
    auto const found = entries_.find(name);
    if (found == entries_.end() || !found->second.pod) return nullptr;
    return found->second.handle == handle ? &found->second : nullptr;
}

std::vector<std::string> PodKeeper::names() const {
    std::vector<std::string> names;
    names.reserve(entries_.size());
    for (auto const& [name, entry] : entries_) names.push_back(name);
    return names;
}

// --- the calls of WorkerBackend ---

void PodKeeper::start(std::string const& name, action::Spawn const& spawn) {
    auto& entry = entry_of(name);
    entry.start =
        Start{spawn, base::uuid_from(random_(), random_()), now_ + settings_.start_patience, {}};
    ++running_;
    entry.backoff.forgive();
    entry.not_before = now_;
    settle(entry);
}

void PodKeeper::adopt(std::string const& name, action::Adopt const& adopt) {
    auto* const entry = find(name, adopt.handle);
    if (entry == nullptr || entry->worker || entry->pod->exit) {
        return report(name, event::WorkerExited{adopt.generation,
                                                {WorkerExit::Kind::unknown, 0, "its Pod is gone"}});
    }
    entry->worker = Worker{.generation = adopt.generation};
    entry->offered = true;
    entry->next_heartbeat = entry->next_status = now_;
    ++running_;
    look_at_worker(*entry);
    settle(*entry);
}

void PodKeeper::stop(std::string const& name, WorkerHandle handle) {
    auto* const entry = find(name, handle);
    if (entry != nullptr && entry->worker) end_pod(*entry, stop_grace_);
}

void PodKeeper::kill(std::string const& name, WorkerHandle handle) {
    auto* const entry = find(name, handle);
    if (entry != nullptr && entry->worker) end_pod(*entry, kKillGrace);
}

void PodKeeper::stop_all() {
    ending_ = true;
    for (auto const& name : names()) {
        auto& entry = entries_.at(name);
        entry.worker ? end_pod(entry, stop_grace_) : settle(entry);
    }
}

void PodKeeper::kill_all() {
    for (auto const& name : names()) {
        auto& entry = entries_.at(name);
        if (entry.worker) end_pod(entry, kKillGrace);
    }
}

std::optional<WorkerPlace> PodKeeper::place_of(WorkerHandle handle) const {
    auto const name = handles_.find(handle);
    if (name == handles_.end()) return std::nullopt;
    auto const& pod = entries_.find(name->second)->second.pod;
    return WorkerPlace{pod->name, pod->node};
}

void PodKeeper::end_pod(Entry& entry, std::chrono::seconds grace) {
    if (!entry.wanted_grace || grace < *entry.wanted_grace) {
        entry.wanted_grace = grace;
        entry.not_before = now_;
    }
    settle(entry);
}

void PodKeeper::fail_start(Entry& entry, std::string reason) {
    report(entry.name, event::SpawnFailed{entry.start->spawn.generation, std::move(reason)});
    entry.start.reset();
    --running_;
}

// --- time ---

void PodKeeper::advance(Time now, std::chrono::sys_seconds wall) {
    now_ = now;
    wall_ = wall;
    while (!due_.empty() && due_.begin()->first <= now) {
        settle(entries_.at(due_.begin()->second));
    }
}

std::optional<Time> PodKeeper::next_deadline() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

void PodKeeper::settle(Entry& entry) {
    if (entry.start) settle_start(entry);
    if (entry.worker) heartbeat(entry);
    auto what = next_request(entry);
    bool const waits = what.has_value() && !entry.asked;
    if (waits && now_ >= entry.not_before) {
        ask(entry, *std::move(what));
        return set_timer(entry, false);
    }
    set_timer(entry, waits);
    bool const is_empty =
        !entry.pod && !entry.worker && !entry.start && !entry.asked && !entry.look;
    if (!is_empty) return;
    if (entry.due) due_.erase({*entry.due, entry.name});
    entries_.erase(entries_.find(entry.name));
}

// A start that can have no success any more, or that waits for too long.
void PodKeeper::settle_start(Entry& entry) {
    bool const is_creating = entry.asked == Asked::create;
    if (entry.pod) {
        auto const& pod = *entry.pod;
        bool const is_ending = pod.exit || pod.finished || pod.deleting;
        if (is_ending) {
            entry.start->problem =
                "the Pod of the worker before it is still there: " + as_on_node(pod);
        } else if (!entry.asked && !entry.look) {
            fail_start(entry, "a worker runs already, in the Pod " + as_on_node(pod));
            entry.offered = false;
            return offer(entry);
        }
    }
    // While the answer to a creation is awaited, nobody knows whether it has succeeded.
    if (is_creating) return;
    if (ending_) return fail_start(entry, "media-service ends");
    if (now_ < entry.start->give_up) return;
    auto problem = std::move(entry.start->problem);
    fail_start(entry, problem.empty() ? "the API server does not answer" : std::move(problem));
}

std::chrono::nanoseconds PodKeeper::status_period() {
    std::chrono::duration<double> const shared{static_cast<double>(running_) /
                                               kMostStatusesPerSecond};
    auto const period = std::max<std::chrono::nanoseconds>(
        kStatusPeriod, std::chrono::duration_cast<std::chrono::nanoseconds>(shared));
    // Spread over time: workers that were adopted together are not asked together for ever.
    return period + period / 4 * static_cast<std::int64_t>(random_() % 1024) / 1024;
}

void PodKeeper::heartbeat(Entry& entry) {
    tell_words(entry);
    auto const& pod = *entry.pod;
    if (entry.worker->ready_told && pod.ready && now_ >= entry.next_heartbeat) {
        if (!entry.hangs) {
            report(entry.name, event::WorkerProgress{entry.worker->generation});
        }
        entry.next_heartbeat = now_ + settings_.heartbeat;
    }
    if (pod.running && !pod.ip.empty() && !entry.status_asked && now_ >= entry.next_status) {
        entry.status_asked = true;
        pending_.emplace(++last_number_, Pending{Asked::status, entry.name, entry.handle});
        effects_.requests.push_back({last_number_, pod_request::Status{pod.ip}});
    }
}

void PodKeeper::set_timer(Entry& entry, bool has_request) {
    std::optional<Time> due;
    auto const want = [&due](Time at) { due = due ? std::min(*due, at) : at; };
    if (has_request) want(entry.not_before);
    if (entry.start && entry.asked != Asked::create) want(entry.start->give_up);
    if (entry.worker) {
        if (entry.worker->ready_told && entry.pod->ready) want(entry.next_heartbeat);
        bool const is_askable = entry.pod->running && !entry.pod->ip.empty();
        if (is_askable && !entry.status_asked) want(entry.next_status);
        if (entry.deleting_since) {
            auto const overdue = *entry.deleting_since + entry.pod->deletion_grace + kNodePatience;
            if (overdue > now_) want(overdue);
        }
    }
    if (due) due = std::max(*due, now_ + kShortestWait);
    if (entry.due == due) return;
    if (entry.due) due_.erase({*entry.due, entry.name});
    entry.due = due;
    if (due) due_.emplace(*due, entry.name);
}

// --- requests ---

std::optional<PodKeeper::What> PodKeeper::next_request(Entry const& entry) const {
    if (entry.look) return pod_request::Read{entry.pod_name};
    if (entry.pod) {
        auto wanted = entry.wanted_grace;
        // A Pod that has ended is of no use any more, and its name is needed.
        if (!wanted && (entry.pod->exit || entry.pod->finished)) wanted = stop_grace_;
        if (!wanted || (entry.given_grace && *entry.given_grace <= *wanted)) return std::nullopt;
        return pod_request::Delete{entry.pod_name, entry.pod->uid, *wanted};
    }
    if (!entry.start) return std::nullopt;
    return pod_request::Create{entry.pod_name, {}};  // ask() makes the object
}

void PodKeeper::ask(Entry& entry, What what) {
    auto kind = Asked::read;
    if (auto* const create = std::get_if<pod_request::Create>(&what)) {
        kind = Asked::create;
        auto const& start = *entry.start;
        create->object =
            make_pod(settings_.base, {.pod_name = entry.pod_name,
                                      .stream_id = entry.name,
                                      .run_id = start.spawn.run_id,
                                      .start_id = start.id,
                                      .params = start.spawn.params,
                                      .argv = settings_.argv(entry.name, start.spawn)});
    } else if (auto const* const remove = std::get_if<pod_request::Delete>(&what)) {
        kind = Asked::remove;
        entry.asked_grace = remove->grace;
    }
    entry.asked = kind;
    entry.asked_uid = entry.pod ? entry.pod->uid : std::string();
    pending_.emplace(++last_number_, Pending{kind, entry.name, entry.handle});
    effects_.requests.push_back({last_number_, std::move(what)});
}

}  // namespace tidegate::orchestrator
