// What the keeper makes of that which the API server says: by list and watch, and in answers.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/number.hpp"
#include "kubernetes/core/members.hpp"
#include "orchestrator/core/pod_keeper.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;
using kubernetes::Failure;

namespace {

// A stream has few languages.
constexpr std::size_t kMaxReportedDubs = 16;

// How a worker has ended whose Pod is gone, if its container was not seen to end.
WorkerExit exit_of_gone(PodFacts const& pod) {
    if (pod.exit) return *pod.exit;
    if (pod.started) return {WorkerExit::Kind::unknown, 0, "its Pod was deleted"};
    auto reason = pod.trouble.empty() ? "its Pod was deleted before it ran" : pod.trouble;
    return {WorkerExit::Kind::not_started, 0, std::move(reason)};
}

event::WorkerStatus status_from(Generation generation, json::value const& report) {
    using kubernetes::text_at;
    event::WorkerStatus status{.generation = generation,
                               .text = text_at(report, {"status"}),
                               .trouble = text_at(report, {"degraded"}),
                               .holding = text_at(report, {"holding"}),
                               .figures = parse_figures(text_at(report, {"figures"}))};
    if (auto const* const dubs = kubernetes::find_array(report, {"dubs"})) {
        for (auto const& dub : *dubs) {
            if (status.dubs.size() == kMaxReportedDubs) break;
            if (auto read = parse_dub_report(json::serialize(dub))) {
                status.dubs.push_back(*std::move(read));
            }
        }
    }
    if (auto const* const forward = kubernetes::find(report, {"forward"})) {
        status.forward = parse_forward_report(json::serialize(*forward));
    }
    return status;
}

}  // namespace

// --- list and watch ---

void PodKeeper::list_began() {
    ++list_;
}

void PodKeeper::listed(json::value const& pod) {
    auto facts = parse_pod(pod);
    if (!facts) return;
    auto const uid = facts->uid;
    auto* const entry = see(*std::move(facts));
    if (entry == nullptr) return;
    if (entry->pod && entry->pod->uid == uid) entry->listed_in = list_;
    settle(*entry);
}

void PodKeeper::list_ended(std::string const& resource_version) {
    auto const version = base::parse_number<std::uint64_t>(resource_version).value_or(0);
    for (auto const& name : names()) {
        auto& entry = entries_.at(name);
        // A Pod that is newer than the list cannot be in it.
        if (!entry.pod || entry.listed_in == list_ || entry.version > version) continue;
        gone(entry);
        settle(entry);
    }
    watched_ = std::max(watched_, version);
    if (!std::exchange(listed_once_, true)) effects_.listed = true;
}

void PodKeeper::changed(json::value const& pod) {
    auto facts = parse_pod(pod);
    if (!facts || facts->version <= watched_) return;
    auto const version = facts->version;
    // A Pod that is not known is new, as long as its change was not taken in.
    auto* const entry = see(*std::move(facts));
    watched_ = version;
    if (entry != nullptr) settle(*entry);
}

void PodKeeper::removed(json::value const& pod) {
    auto const facts = parse_pod(pod);
    if (!facts || facts->version <= watched_) return;
    watched_ = facts->version;
    auto const found = entries_.find(facts->stream_id);
    if (found == entries_.end() || found->second.version >= facts->version) return;
    auto& entry = found->second;
    entry.version = facts->version;
    if (!entry.pod || entry.pod->uid != facts->uid) return;
    entry.pod = *facts;  // its last state has the exit code
    release(entry, *facts);
    gone(entry);
    settle(entry);
}

PodKeeper::Entry* PodKeeper::see(PodFacts facts) {
    auto const known = entries_.find(facts.stream_id);
    // All changes up to that version were taken in, and there is no such Pod: it was deleted since.
    if (known == entries_.end() && facts.version <= watched_) return nullptr;
    auto& entry = known != entries_.end() ? known->second : entry_of(facts.stream_id);
    // One that only says that it is for this stream is not: its name does not keep others away.
    bool const is_ours = facts.name == entry.pod_name;
    if (!is_ours || facts.version <= entry.version) return &entry;
    entry.version = facts.version;
    // Names are unique: the Pod before it is gone.
    if (entry.pod && entry.pod->uid != facts.uid) gone(entry);
    if (!entry.pod) {
        entry.handle = WorkerHandle{++last_handle_};
        handles_.emplace(entry.handle, entry.name);
    }
    if (facts.deleting) {
        if (!entry.deleting_since) entry.deleting_since = now_;
        auto const given = entry.given_grace.value_or(facts.deletion_grace);
        entry.given_grace = std::min(given, facts.deletion_grace);
    }
    entry.pod = std::move(facts);
    release(entry, *entry.pod);
    if (entry.start && entry.pod->start_id == entry.start->id) claim(entry);
    if (entry.worker) {
        look_at_worker(entry);
    } else if (!entry.start) {
        offer(entry);
    }
    return &entry;
}

void PodKeeper::claim(Entry& entry) {
    entry.worker = Worker{.generation = entry.start->spawn.generation};
    entry.offered = true;
    entry.next_heartbeat = entry.next_status = now_;
    entry.start.reset();
    report(entry.name, event::WorkerSpawned{entry.worker->generation, entry.handle});
    if (ending_) entry.wanted_grace = stop_grace_;
}

void PodKeeper::offer(Entry& entry) {
    auto const& pod = *entry.pod;
    if (entry.offered || pod.exit || pod.finished || pod.deleting) return;
    entry.offered = true;
    auto const age = pod.created ? std::max(std::chrono::seconds{0}, wall_ - *pod.created)
                                 : std::chrono::seconds{0};
    report(entry.name,
           event::Adopted{entry.handle, pod.run_id, pod.params, now_ - age,
                          settings_.router_of ? settings_.router_of(pod.argv) : std::string()});
}

void PodKeeper::look_at_worker(Entry& entry) {
    auto& worker = *entry.worker;
    if (entry.pod->exit) return exited(entry, *entry.pod->exit);
    if (!entry.pod->ready || worker.ready_told) return;
    worker.ready_told = true;
    entry.next_heartbeat = now_ + settings_.heartbeat;
    report(entry.name, event::WorkerReady{worker.generation});
}

// What the Pod's own state tells operators. Once the worker runs, it speaks for itself.
void PodKeeper::tell_words(Entry& entry) {
    auto const& pod = *entry.pod;
    auto& worker = *entry.worker;
    auto text = pod.stage;
    auto trouble = pod.trouble;
    bool const is_overdue =
        entry.deleting_since && now_ >= *entry.deleting_since + pod.deletion_grace + kNodePatience;
    if (is_overdue) {
        text = "waiting for its end";
        trouble = "the node " + pod.node + " does not confirm the end of the Pod " + pod.name +
                  ": the worker may still run";
    }
    auto told = text + "\n" + trouble;
    if (told == worker.words_told || (text.empty() && worker.words_told.empty())) return;
    worker.words_told = std::move(told);
    report(entry.name, event::WorkerStatus{worker.generation, std::move(text), std::move(trouble)});
}

void PodKeeper::gone(Entry& entry) {
    handles_.erase(entry.handle);
    auto const last = *std::exchange(entry.pod, std::nullopt);
    entry.offered = entry.hangs = entry.status_asked = entry.released = false;
    entry.deleting_since.reset();
    entry.wanted_grace.reset();
    entry.given_grace.reset();
    if (entry.worker) exited(entry, exit_of_gone(last));
    if (entry.start) entry.not_before = now_;  // its name is free
}

// Of a Pod that is no more without having told that its container has ended, nobody knows whether
// its worker still runs: a Lease is what keeps others away then.
void PodKeeper::release(Entry& entry, PodFacts const& pod) {
    if (!pod.exit || !settings_.base.leases || std::exchange(entry.released, true)) return;
    effects_.requests.push_back({0, pod_request::Release{pod.name, pod.uid}});
}

void PodKeeper::gone_if_same(Entry& entry) {
    if (entry.pod && entry.pod->uid == entry.asked_uid) gone(entry);
}

void PodKeeper::exited(Entry& entry, WorkerExit exit) {
    report(entry.name, event::WorkerExited{entry.worker->generation, std::move(exit)});
    entry.worker.reset();
    --running_;
}

// --- answers ---

void PodKeeper::answered(std::uint64_t number, Answer const& answer) {
    auto const pending = pending_.extract(number);
    if (pending.empty()) return;
    auto const& [kind, name, handle] = pending.mapped();
    auto& entry = entries_.at(name);  // it is kept as long as a request is under way
    entry.asked.reset();
    if (answer) entry.backoff.forgive();
    if (kind == Asked::create) on_created(entry, answer);
    if (kind == Asked::read) on_read(entry, answer);
    if (kind == Asked::remove) on_removed(entry, answer);
    settle(entry);
}

bool PodKeeper::see_object(Entry const& entry, json::value const& pod) {
    auto facts = parse_pod(pod);
    bool const is_its = facts && facts->stream_id == entry.name && facts->name == entry.pod_name;
    if (is_its) see(*std::move(facts));
    return is_its;
}

void PodKeeper::retry_later(Entry& entry, Failure const& failure) {
    auto const delay = entry.backoff.next(random_());
    entry.not_before = now_ + std::max(delay, failure.retry_after.value_or(delay));
}

void PodKeeper::on_created(Entry& entry, Answer const& answer) {
    // What a webhook of the cluster has made unreadable comes to light when it is read again.
    if (answer) {
        entry.look = !see_object(entry, *answer);
        return;
    }
    auto const& failure = answer.error();
    if (failure.already_exists()) {
        entry.look = true;
    } else if (entry.start && (failure.needs_a_person() || failure.not_found())) {
        fail_start(entry, describe(failure));
    } else {
        if (entry.start) entry.start->problem = describe(failure);
        retry_later(entry, failure);
    }
}

void PodKeeper::on_read(Entry& entry, Answer const& answer) {
    entry.look = false;
    if (answer) {
        bool const is_its = see_object(entry, *answer);
        if (!is_its && entry.start) {
            fail_start(entry, "the name " + entry.pod_name + " is taken by a Pod that is not ours");
        }
        return;
    }
    if (answer.error().not_found()) return gone_if_same(entry);
    entry.look = true;
    if (entry.start) entry.start->problem = describe(answer.error());
    retry_later(entry, answer.error());
}

void PodKeeper::on_removed(Entry& entry, Answer const& answer) {
    bool const is_same = entry.pod && entry.pod->uid == entry.asked_uid;
    if (answer) {
        if (is_same) entry.given_grace = entry.asked_grace;
        return;
    }
    auto const& failure = answer.error();
    if (failure.not_found()) return gone_if_same(entry);
    entry.look = failure.conflict();  // the name is another Pod's
    retry_later(entry, failure);
    if (!failure.needs_a_person() || !entry.worker) return;
    report(entry.name, event::WorkerStatus{entry.worker->generation, "waiting for its end",
                                           "its Pod cannot be deleted: " + describe(failure)});
}

void PodKeeper::status_answered(std::uint64_t number, json::value const* answer) {
    auto const pending = pending_.extract(number);
    if (pending.empty()) return;
    auto* const entry = find(pending.mapped().name, pending.mapped().handle);
    if (entry == nullptr) return;
    entry->status_asked = false;
    entry->next_status = now_ + status_period();
    // The address may be another Pod's by now.
    bool const is_its = answer != nullptr && entry->worker &&
                        kubernetes::text_at(*answer, {"runId"}) == entry->pod->run_id;
    if (is_its) {
        auto const* const hanging = kubernetes::find(*answer, {"hanging"});
        entry->hangs = hanging != nullptr && *hanging == json::value(true);
        report(entry->name, status_from(entry->worker->generation, *answer));
    }
    settle(*entry);
}

}  // namespace tidegate::orchestrator
