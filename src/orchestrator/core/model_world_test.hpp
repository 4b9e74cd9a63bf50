// The simulated world around a Fleet: a router with publishers, hooks and lists, workers that
// misbehave, and a media-service that restarts. After every step it checks the invariants of design
// §6 against what the service can know, which it works out by rules of its own.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/model_script_test.hpp"

namespace tidegate::orchestrator::model {

struct Setup {
    Policy policy;    // what the fleet is given
    Policy promised;  // what the checks demand; another one only if a test breaks the fleet
    Fleet::StepFunction machine = &step;
    bool list_tells_query = false;
    bool adoption = true;  // false: a broken service that does not look for running workers
};

enum class Plan {
    good,
    slow,
    never_ready,
    dies_at_once,
    ready_and_dies,
    wrong_config,
    exits_zero,
    cannot_spawn,
    hangs,
    count
};

struct Process {
    unsigned epoch = 0;  // which of the services, one after the other, started or adopted it
    Generation generation = 0;
    int pid = 0;
    std::string run_id;
    Params params;
    Time born{};
    bool alive = true;
    bool confirmed = false;  // its start was reported
    bool adopted = false;
    bool ready = false;
    bool hung = false;
    bool deaf = false;
    bool holds = false;  // goes on without its source, as with --on-source-lost hold
    Time unkillable_until{};
    std::optional<Time> without_source;
    // What was reported to the service, and what the service did.
    std::optional<Time> told_ready;
    Time last_told{};  // its last report, or when its source returned (it gets new time then)
    std::optional<Time> term_at;
    bool late_term = false;  // it was stopped only because it was not ready in time
    bool operator_touched = false;
};

inline WorkerHandle handle_of(Process const& process) {
    return WorkerHandle{static_cast<std::uint64_t>(process.pid)};
}

// What the service can know of a stream.
struct Belief {
    bool tracked = false;  // the lists that do not show it are counted
    unsigned absent = 0;
    bool looked_at = false;  // the list that is being delivered was taken in
    bool known = false;      // a list has shown it since the service started
    std::optional<Time> gone_since;
    std::optional<Time> waits_since;  // a list shows it, and its hook has not come
    std::set<std::string> hooks;      // sources whose ready hook has come
    std::string source;
    std::optional<Params> params;
    bool live() const { return known && !gone_since; }
};

struct Stream {
    std::string id;
    std::optional<std::string> source;  // who publishes at the router
    std::string query;
    unsigned sources = 0;
    Plan plan = Plan::good;
    Duration plan_delay{};
    std::vector<Process> processes;  // whose exit has not been reported
    Belief belief;
    // Since earlier failures were last forgiven (a new session, an operator, a healthy worker, or a
    // restart of the service):
    std::vector<Time> starts;
    bool refused_config = false;
    std::optional<Time> crashed_at;
    bool held = false;
    std::optional<std::string> run_to_keep;
};

class World {
public:
    explicit World(Setup const& setup);

    void apply(Op const& op);
    // Nothing misbehaves from now on, and every stream has to come to rest.
    void settle();
    std::optional<std::string> const& failure() const { return failure_; }

private:
    struct Hook {
        unsigned stream;
        bool ready;
        std::string source;
        std::string query;
    };
    enum class Later { spawn_answer, ready, tick, die, exit_notice };
    struct Deferred {
        Later what;
        unsigned stream;
        unsigned epoch;
        int pid;
        WorkerExit exit;
    };

    // The router and its messages.
    void publish(Stream& stream, unsigned query);
    void unpublish(Stream& stream);
    void deliver(Hook const& hook);
    std::vector<PathItem> picture() const;
    void look_page();
    void look_at(Stream& stream);
    void look_for_late_hooks();
    void believe_shown(Stream& stream, PathItem const& item);
    void complete_list(std::vector<PathItem> const& items);
    void believe_list(Stream& stream, std::vector<PathItem> const& items);
    bool waits_for_its_hook(Belief& belief, PathItem const& item) const;
    void believe_params(Stream& stream, event::Desired const& seen);

    // Processes.
    void spawn(Stream& stream, action::Spawn const& ask);
    void follow_plan(Stream& stream, Process& process);
    void stop(Stream& stream, WorkerHandle handle);
    void kill(Stream& stream, WorkerHandle handle);
    // The worker that a command is for. Null: there is none, and the walk has failed.
    Process* told(Stream& stream, WorkerHandle handle);
    void adopt_all();
    void end(Stream& stream, Process& process, WorkerExit exit);
    void tick(Stream& stream, Process& process);
    Process* process_of(Stream& stream, int pid);
    void reap(Stream& stream, Deferred const& notice);

    // Time and the service.
    void later(Duration in, Deferred what);
    void run_until(Time until);
    void fire(Deferred const& what);
    void tell(Stream& stream, Event const& event);
    void perform(Effects const& effects);
    void restart_service(Duration down);
    void start_service();
    void operate(Stream& stream, Event const& event);

    // Checks.
    void fail(Stream const& stream, std::string const& what);
    void check();
    void check_stream(Stream& stream);
    void check_live(Stream& stream, StreamState const* state);
    void check_gone(Stream const& stream);
    void check_output(Stream const& stream, std::vector<PathItem> const& items);
    void check_processes(Stream const& stream);
    void check_books();
    void check_spawn(Stream const& stream);
    void check_term(Stream const& stream, Process& process);
    void check_kill(Stream const& stream, Process const& process);
    void check_settled(Stream& stream, bool everyone);
    void forgive(Stream& stream);
    void forgive_ended_run(Stream& stream);
    unsigned workers() const;

    Setup setup_;
    Time now_{std::chrono::hours{1}};
    unsigned epoch_ = 0;
    int next_pid_ = 100;
    std::unique_ptr<Fleet> fleet_;
    std::unique_ptr<DesiredStreams> desired_;
    std::array<Stream, kStreams> streams_;
    std::deque<Hook> hooks_;
    std::optional<PathListAssembler> look_;
    std::optional<std::vector<PathItem>> remembered_;
    std::multimap<Time, Deferred> agenda_;
    std::optional<std::string> failure_;
};

// Runs a script in a new world and lets it settle. Returns the first violated invariant; nullopt:
// none was.
std::optional<std::string> run_script(Script const& script, Setup const& setup);

}  // namespace tidegate::orchestrator::model
