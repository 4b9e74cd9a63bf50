// The nodes of the simulated cluster, and the workers on them.
#include <algorithm>
#include <csignal>
#include <utility>

#include "orchestrator/core/cluster_world_test.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

using kubernetes::Claim;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kScheduling{200};  // from the creation of a Pod until it has a node
constexpr milliseconds kStarting{700};    // until its process runs
constexpr milliseconds kConnecting{200};  // from the Lease to the accepted output
constexpr milliseconds kStopTakesHere{300};
constexpr seconds kSourceMissed{12};    // 5 s to notice, then 1 + 2 + 4 s of reconnecting
constexpr seconds kSlowStart{60};       // of Plan::slow
constexpr seconds kLater{20};           // of Plan::dies_later
constexpr seconds kRequestDeadline{5};  // of those who want a Lease
constexpr unsigned kLossShare = 30;     // percent of the answers, while the server is lossy

}  // namespace

kubernetes::MicroTime World::wall() const {
    return kubernetes::MicroTime{
        std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch())};
}

Claim::Change World::look_after(Claimant& claimant, bool reaches_server) {
    auto& claim = *claimant.claim;
    if (claim.on_time(now_) == Claim::Change::lost) return Claim::Change::lost;
    if (!claimant.asked) {
        auto const next = claim.next();
        if (next.at > now_) return Claim::Change::none;
        claimant.asked = {next.ask, now_, now_ + kRequestDeadline, std::nullopt};
        if (!reaches_server || is_down()) return Claim::Change::none;
        auto answer = server_.lease(next.ask, claim.wanted(wall()));
        if (now_ < lossy_until_ && happens(kLossShare)) return Claim::Change::none;
        claimant.asked->answer = std::move(answer);
        if (now_ < slow_until_) {
            claimant.asked->until = now_ + milliseconds{random_() % 4'000};
        } else {
            claimant.asked->until = now_;
        }
    }
    if (now_ < claimant.asked->until) return Claim::Change::none;
    auto const asked = *std::exchange(claimant.asked, std::nullopt);
    Claim::Result const result =
        asked.answer ? *asked.answer : std::unexpected(kubernetes::Failure{.message = "silence"});
    if (asked.what == Claim::Ask::read) return claim.on_read(result, now_);
    return claim.on_written(result, asked.sent, now_);
}

// --- nodes ---

void World::schedule() {
    if (is_down() || now_ < no_room_until_) return;
    std::vector<std::string> unbound;
    for (auto const& [name, pod] : server_.pods()) {
        if (!pod.node && now_ - pod.created >= kScheduling) unbound.push_back(name);
    }
    for (auto const& name : unbound) server_.bind(name, static_cast<int>(random_() % kNodes));
}

Worker* World::worker_of(std::string const& uid) {
    auto const found = std::ranges::find(workers_, uid, &Worker::uid);
    return found == workers_.end() ? nullptr : &*found;
}

// What a kubelet does again and again, unless it is frozen or cannot reach the server.
void World::sync_node(int node) {
    if (now_ < node_asleep_until_[static_cast<std::size_t>(node)] || is_down()) return;
    std::vector<std::string> names;
    for (auto const& [name, pod] : server_.pods()) {
        if (pod.node == node) names.push_back(name);
    }
    for (auto const& name : names) sync_pod(name, node);
    end_orphans(node);
}

void World::sync_pod(std::string const& name, int node) {
    auto const pod = server_.pods().at(name);
    auto* const worker = worker_of(pod.uid);
    if (pod.grace) return end_pod(pod, worker);
    if (worker == nullptr) {
        bool const is_due = !pod.exit_code && now_ - pod.created >= kScheduling + kStarting;
        if (is_due) start_worker(pod, node);
        return;
    }
    if (!worker->alive()) {
        if (!pod.exit_code) server_.set_ended(name, *worker->exit_code);
    } else {
        // A probe: a process that is frozen does not answer.
        server_.set_ready(name, worker->connected.has_value() && now_ >= worker->asleep_until);
    }
}

void World::start_worker(SimPod const& pod, int node) {
    auto const stream = static_cast<unsigned>(pod.stream.back() - '0');
    for (auto const& other : workers_) {
        if (other.alive() && other.stream == stream && !other.forced) {
            fail("a second process is started for " + pod.stream +
                 ", although nobody has forced the end of the first");
        }
    }
    ++counts_.workers;
    Worker worker{.stream = stream,
                  .pod = pod.name,
                  .uid = pod.uid,
                  .run_id = pod.run_id,
                  .node = node,
                  .plan = streams_[stream].plan,
                  .born = now_,
                  .exit_code = {},
                  .connected = {},
                  .source_gone = {},
                  .term_at = {},
                  .kubelet_asked = {},
                  .lease = {}};
    worker.lease.claim.emplace(
        kubernetes::ClaimSettings{.name = pod.name,
                                  .holder = kubernetes::holder_in_pod(pod.name, pod.uid),
                                  .times = setup_.worker_times},
        now_, random_());
    workers_.push_back(std::move(worker));
    server_.set_running(pod.name);
}

// SIGTERM, SIGKILL after the grace, and the word that nothing is left.
void World::end_pod(SimPod const& pod, Worker* worker) {
    if (worker == nullptr) return server_.forget(pod.name);
    if (!worker->alive()) {
        if (!pod.exit_code) server_.set_ended(pod.name, *worker->exit_code);
        return server_.forget(pod.name);
    }
    if (!worker->kubelet_asked) worker->kubelet_asked = worker->term_at = now_;
    if (now_ - *worker->kubelet_asked >= seconds{*pod.grace}) exit(*worker, 128 + SIGKILL, false);
}

// Processes of Pods that the server does not know any more.
void World::end_orphans(int node) {
    for (auto& worker : workers_) {
        bool const is_orphan = worker.alive() && worker.node == node &&
                               server_.find(worker.pod, worker.uid) == nullptr;
        if (!is_orphan) continue;
        if (!worker.kubelet_asked) worker.kubelet_asked = worker.term_at = now_;
        if (now_ - *worker.kubelet_asked >= seconds{10}) exit(worker, 128 + SIGKILL, false);
    }
}

// --- workers ---

bool World::publishes(Worker const& worker) const {
    if (!worker.alive() || !worker.connected || now_ < worker.asleep_until) return false;
    return !setup_.worker_leases || worker.lease.claim->holds(now_);
}

void World::exit(Worker& worker, int code, bool gives_back) {
    if (!worker.alive()) return;
    worker.exit_code = code;
    worker.connected.reset();
    auto const had = worker.lease.claim->release(wall());
    if (gives_back && had && now_ >= worker.cut_until && !is_down()) {
        server_.remove_lease(worker.pod, kubernetes::holder_in_pod(worker.pod, worker.uid));
    }
}

void World::pass(Worker& worker) {
    if (!worker.alive() || now_ < worker.asleep_until) return;
    if (setup_.worker_leases) {
        auto const change = look_after(worker.lease, now_ >= worker.cut_until);
        if (change == Claim::Change::lost) return exit(worker, 40, false);
        if (!worker.lease.claim->holds(now_)) {
            if (!worker.lease.claim->holder(now_).empty()) ++counts_.waits_for_lease;
            if (worker.term_at) exit(worker, 0, false);
            return;
        }
    }
    if (worker.term_at && !worker.hung && now_ - *worker.term_at >= kStopTakesHere) {
        return exit(worker, 0, true);
    }
    follow_plan(worker);
    if (worker.alive()) look_at_source(worker);
}

void World::follow_plan(Worker& worker) {
    auto const age = now_ - worker.born;
    bool const connects = age >= kConnecting && (worker.plan != Plan::slow || age >= kSlowStart) &&
                          worker.plan != Plan::never_ready && worker.plan != Plan::wrong_config;
    if (worker.plan == Plan::dies_at_once) return exit(worker, 128 + SIGSEGV, false);
    if (worker.plan == Plan::wrong_config) return exit(worker, kExitConfiguration, true);
    if (worker.plan == Plan::dies_later && age >= kLater) return exit(worker, kExitInternal, true);
    if (connects && !worker.connected && streams_[worker.stream].source) worker.connected = now_;
}

void World::look_at_source(Worker& worker) {
    if (streams_[worker.stream].source || (worker.plan == Plan::holds && worker.connected)) {
        worker.source_gone.reset();
    } else if (!worker.source_gone) {
        worker.source_gone = now_;
    } else if (now_ - *worker.source_gone >= kSourceMissed) {
        exit(worker, worker.connected ? 0 : kExitInput, true);
    }
}

}  // namespace tidegate::orchestrator::cluster
