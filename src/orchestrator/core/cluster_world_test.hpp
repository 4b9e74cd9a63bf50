// The simulated world of a cluster: two replicas of media-service with a Lease between them, each
// with a Fleet and a PodKeeper while it leads; an API server, two nodes with their kubelets,
// workers with Leases of their own, a router. After every quarter of a second it checks the
// invariants of design §6 (cluster_checks_test.cpp).
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "kubernetes/core/claim.hpp"
#include "orchestrator/core/cluster_script_test.hpp"
#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/pod_keeper.hpp"
#include "orchestrator/core/sim_api_server_test.hpp"

namespace tidegate::orchestrator::cluster {

struct Setup {
    Policy policy;  // what the replicas are given
    // Broken on purpose, to see whether the checks notice.
    bool worker_leases = true;
    // Shorter than by default, so that more of them expire in a walk.
    kubernetes::ClaimTimes worker_times = kubernetes::worker_claim(std::chrono::seconds{30});
    bool replaces_unreachable = false;  // forces the deletion of a Pod that does not end
    bool releases_early = false;        // removes the Lease of a worker whose Pod was forgotten
    bool leads_too_long = false;        // acts although its Lease may have expired
    bool adopts = true;
    bool lists_again = true;  // after it has lost events
    bool keeps_gone = false;  // never gives a stream up
};

enum class Plan { good, holds, slow, dies_at_once, dies_later, wrong_config, never_ready, count };

// Somebody who wants a Lease, and the request that he waits for.
struct Claimant {
    struct Asked {
        kubernetes::Claim::Ask what;
        Time sent, until;
        std::optional<kubernetes::Claim::Result> answer;  // nullopt: none comes
    };
    std::optional<kubernetes::Claim> claim;
    std::optional<Asked> asked;
};

// The process of a worker, which may outlive its Pod.
struct Worker {
    unsigned stream;
    std::string pod, uid, run_id;
    int node;
    Plan plan;
    Time born;
    std::optional<int> exit_code;  // it has ended
    bool hung = false;
    bool forced = false;  // somebody has forced the deletion of its Pod
    Time asleep_until{}, cut_until{};
    std::optional<Time> connected;  // when its output was accepted
    std::optional<Time> source_gone, term_at;
    std::optional<Time> kubelet_asked;  // when its node began to end it
    Claimant lease;
    bool alive() const { return !exit_code; }
};

struct Stream {
    std::string id;
    std::optional<std::string> source;
    Time source_since{}, gone_since{};
    unsigned sources = 0;
    Plan plan = Plan::good;
    // The session that an operator has stopped; empty: that which the leader sees next. nullopt:
    // none.
    std::optional<std::string> held;
    bool is_held() const { return held && (held->empty() || held == source); }
    std::optional<Time> silent_since;  // it is live and running, and nothing is published
};

class World {
public:
    explicit World(Setup const& setup, std::uint64_t seed = 1);

    void apply(Op const& op);
    // Nothing goes wrong from now on, and all has to come to rest.
    void settle();
    std::optional<std::string> const& failure() const { return failure_; }
    // What has happened: a walk in which nothing did proves nothing.
    struct Counts {
        unsigned leaders = 0, workers = 0, waits_for_lease = 0, forced = 0;
    };
    Counts const& counts() const { return counts_; }

private:
    struct Service {
        Service(Setup const& setup, std::uint64_t seed);
        Fleet fleet;
        DesiredStreams desired;
        PodKeeper keeper;
        bool listed = false;    // the running workers are known
        Time next_look{};       // at the router
        bool has_list = false;  // of Pods; otherwise one is due at list_at
        Time list_at{};
        std::size_t seen = 0;  // how much of the server's history was taken in
        bool mixes = false;
        std::map<std::string, Time> ends;  // Pods whose end was asked for, for replaces_unreachable
    };
    struct Replica {
        unsigned life = 0;
        bool alive = false;
        Time starts_at{}, asleep_until{}, api_cut_until{}, router_cut_until{};
        Claimant lease;
        std::unique_ptr<Service> service;  // null: it does not lead
        Time leads_since{};
    };
    // A request of a leader on its way.
    struct Flight {
        unsigned replica, life;
        PodRequest request;
        Time sent, at_server, at_client;
        bool lost, answer_lost;
        bool carried_out = false, answered = false;
        std::optional<SimApiServer::Answer> answer;
        boost::json::value status{};
    };

    // Time.
    void run(Duration duration);
    void tick();
    void trouble(Duration duration);
    Time calm_since() const { return troubled_until_; }
    bool happens(unsigned percent) { return random_() % 100 < percent; }
    bool is_down() const { return now_ < down_until_; }

    // What the steps do.
    void publish(Stream& stream);
    void unpublish(Stream& stream);
    void each_worker(Op const& op, void (World::*change)(Worker&, Duration), Duration duration);
    void crash(Worker& worker, Duration);
    void hang(Worker& worker, Duration);
    void freeze(Worker& worker, Duration duration);
    void cut(Worker& worker, Duration duration);
    void isolate(Stream const& stream, bool workers_too, Duration duration);
    void delete_pod(Stream const& stream, int grace);
    void on_replica(Op const& op, Duration duration);
    void on_watch(Op const& op);
    void operate(Stream& stream, Event const& event);

    // Leases.
    kubernetes::Claim::Change look_after(Claimant& claimant, bool reaches_server);
    kubernetes::MicroTime wall() const;

    // Nodes and workers.
    void schedule();
    void sync_node(int node);
    void sync_pod(std::string const& name, int node);
    void start_worker(SimPod const& pod, int node);
    void end_pod(SimPod const& pod, Worker* worker);
    void end_orphans(int node);
    Worker* worker_of(std::string const& uid);
    void pass(Worker& worker);
    void follow_plan(Worker& worker);
    void look_at_source(Worker& worker);
    void exit(Worker& worker, int code, bool gives_back);
    bool publishes(Worker const& worker) const;

    // Replicas.
    void pass(unsigned index);
    void begin_to_lead(Replica& replica);
    void end_replica(Replica& replica, bool hands_over);
    bool may_act(Replica const& replica) const;
    void pump(unsigned index);
    void watch(Replica& replica);
    void take_events(Replica& replica);
    void look_at_router(Replica& replica);
    std::vector<PathItem> picture() const;
    void drain(unsigned index);
    void send(unsigned index, PodRequest request);
    void report(Replica& replica, std::string const& name, Event const& event);
    void tell(Service& service, std::string const& name, Event const& event);
    static void perform(Service& service, Effects const& effects);
    void fly(Flight& flight);
    SimApiServer::Answer carry_out(Flight& flight);
    void force_what_does_not_end(Service& service);
    Replica* leader();

    // Checks.
    void fail(std::string const& what);
    void check();
    void check_publishers();
    void check_leaders();
    void check_live(Stream& stream);
    void check_gone(Stream const& stream);
    void check_settled(bool everyone);

    Setup const setup_;
    std::mt19937_64 random_;
    Time const begin_{std::chrono::hours{1}};
    Time now_ = begin_;
    Time troubled_until_ = begin_;
    Time down_until_{}, slow_until_{}, lossy_until_{}, no_room_until_{};
    std::array<Time, kNodes> node_asleep_until_{};
    SimApiServer server_;
    std::array<Stream, kStreams> streams_;
    std::array<Replica, kReplicas> replicas_;
    std::list<Worker> workers_;
    std::list<Flight> flights_;
    std::optional<std::pair<SimApiServer::Listed, std::size_t>> kept_list_;
    Counts counts_;
    std::optional<std::string> failure_;
};

// Runs a script in a new world and lets it settle. Returns the first violated invariant; nullopt:
// none was. counts: of what happened is added to it; may be null.
std::optional<std::string> run_script(Script const& script, Setup const& setup,
                                      World::Counts* counts = nullptr);

}  // namespace tidegate::orchestrator::cluster
