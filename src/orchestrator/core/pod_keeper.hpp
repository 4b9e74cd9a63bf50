// The part of the Pods backend that decides: one Pod for each worker, named for its stream alone,
// so that the API server refuses a second one whoever asks for it. It takes the calls of
// WorkerBackend, what list and watch say of Pods, and the answers to its own requests; it gives
// requests and reports. io/kubernetes/pod_backend.hpp makes the requests and passes the reports on.
//
// What it relies on, and on nothing else:
// - Of two states of a Pod, that with the greater resourceVersion is newer. Whatever is older than
//   what is known already is ignored: late answers, repeated events, lists of an old server.
// - A worker is gone when the API server says that its container has ended, or that the Pod is no
//   more: by a DELETED event, a whole list without it, or 404 to a question that was asked after
//   the Pod was seen. A Pod that is being deleted is not gone, however long that takes: its node
//   may be frozen, and the worker may run. No Pod is ever deleted with a grace of 0, because the
//   API server would then forget it without asking its node.
// - While the server cannot be asked, nothing is known and nothing is reported, except that a
//   worker that was ready is taken to be ready still.
//
// Pure: no I/O, no clock; not thread-safe. To drive it (the model test does, with a simulated
// server):
//
//     keeper.advance(now, wall);     // before anything else that happens at `now`
//     keeper.start(...), keeper.listed(...), keeper.answered(...), ...
//     auto effects = keeper.take();  // carry out the requests, deliver the reports in their order
//     ... and again at keeper.next_deadline(), and after every event
//
// Each request but Release has a number and exactly one answered() or status_answered(). Reports
// must be delivered after the call has returned, not from inside it.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/backoff.hpp"
#include "kubernetes/core/failure.hpp"
#include "kubernetes/core/list_watch.hpp"
#include "orchestrator/core/pod.hpp"
#include "orchestrator/core/pod_template.hpp"
#include "orchestrator/core/worker_backend.hpp"

namespace tidegate::orchestrator {

struct PodKeeperSettings {
    PodTemplate base;
    // The whole command line of a worker (worker_command.hpp), without what a Pod adds.
    std::function<std::vector<std::string>(std::string const& name, action::Spawn const& spawn)>
        argv;
    // The router that a worker with this command line reads from, for one that is found; empty:
    // that cannot be told. May be empty: nobody asks.
    std::function<std::string(std::vector<std::string> const& argv)> router_of;
    // How long a worker may take to end when it is asked (Policy::term_timeout). Whole seconds are
    // what the API knows; it is rounded up.
    std::chrono::milliseconds stop_grace{5'000};
    // How often a worker that is ready is reported to make progress; three fit into the watchdog.
    std::chrono::milliseconds heartbeat{2'000};
    // How long a start may wait for an answer of the server, or for the Pod of the worker before it
    // to be gone. Then it has failed, with the reason, and the fleet repeats it: an operator sees
    // why.
    std::chrono::milliseconds start_patience{10'000};
    base::RetryDelays retry{std::chrono::milliseconds{250}, std::chrono::milliseconds{10'000}};
};

// All workers together are asked for their status this often in a second at most; each of them not
// more often than every kStatusPeriod.
inline constexpr double kMostStatusesPerSecond = 200;
inline constexpr std::chrono::seconds kStatusPeriod{2};
// The grace of a worker that is killed: the least that its node still confirms.
inline constexpr std::chrono::seconds kKillGrace{1};
// A node that has not confirmed the end of a Pod so long after its grace is taken to be
// unreachable: operators are told.
inline constexpr std::chrono::seconds kNodePatience{15};

namespace pod_request {
struct Create {
    std::string pod;
    boost::json::value object;
};
struct Read {
    std::string pod;
};
// With the uid as precondition: never another Pod of the same name.
struct Delete {
    std::string pod, uid;
    std::chrono::seconds grace;
};
// The worker in this Pod has certainly ended: its Lease is removed, if it still holds it, so that
// its successor need not wait until it expires. Without an answer.
struct Release {
    std::string pod, uid;
};
// GET http://<ip>:kHealthPort/status
struct Status {
    std::string ip;
};
}  // namespace pod_request

struct PodRequest {
    std::uint64_t number;
    std::variant<pod_request::Create, pod_request::Read, pod_request::Delete, pod_request::Release,
                 pod_request::Status>
        what;
};

struct PodEffects {
    std::vector<PodRequest> requests;
    std::vector<std::pair<std::string, Event>> reports;  // the worker's name, and what became of it
    bool listed = false;  // on_listed() is due, after the reports; once
};

class PodKeeper final : public kubernetes::ObjectSink {
public:
    // seed: of the jitter and of the ids of starts.
    PodKeeper(PodKeeperSettings settings, std::uint64_t seed);

    // wall: the same moment on the clock of the calendar, for the age of Pods that are found.
    void advance(Time now, std::chrono::sys_seconds wall);
    std::optional<Time> next_deadline() const;
    PodEffects take() { return std::exchange(effects_, {}); }

    // The calls of WorkerBackend.
    void start(std::string const& name, action::Spawn const& spawn);
    void adopt(std::string const& name, action::Adopt const& adopt);
    void stop(std::string const& name, WorkerHandle handle);
    void kill(std::string const& name, WorkerHandle handle);
    void stop_all();
    void kill_all();
    std::size_t running() const { return running_; }
    std::optional<WorkerPlace> place_of(WorkerHandle handle) const;

    // What list and watch say.
    void list_began() override;
    void listed(boost::json::value const& pod) override;
    void list_ended(std::string const& resource_version) override;
    void changed(boost::json::value const& pod) override;
    void removed(boost::json::value const& pod) override;

    // The answer to Create, Read and Delete.
    void answered(std::uint64_t number,
                  std::expected<boost::json::value, kubernetes::Failure> const& answer);
    // The answer to Status: the worker's own report, or nothing usable.
    void status_answered(std::uint64_t number, boost::json::value const* report);

    // The Pods that are known, for tests.
    std::size_t known() const { return entries_.size(); }

private:
    enum class Asked : std::uint8_t { create, read, remove, status };
    using Answer = std::expected<boost::json::value, kubernetes::Failure>;
    using What = decltype(PodRequest::what);

    // A worker of ours: its start was confirmed, or it was adopted, and its exit was not reported.
    struct Worker {
        Generation generation = 0;
        bool ready_told = false;
        std::string words_told{};  // what was last reported of the Pod's own state
    };
    // A start that was not answered yet.
    struct Start {
        action::Spawn spawn;
        std::string id;
        Time give_up;
        std::string problem;  // why it has not succeeded so far, for operators
    };
    // All that is known of one name.
    struct Entry {
        std::string name;  // of the worker, which is that of the stream
        std::string pod_name;
        base::Backoff backoff;
        std::uint64_t version = 0;      // of the newest state that was seen; older ones are ignored
        std::uint64_t listed_in = 0;    // the number of the last list that showed `pod`
        std::optional<PodFacts> pod{};  // nullopt: there is none, as far as is known
        WorkerHandle handle{};          // of `pod`
        bool released = false;          // the Lease of its worker, which has ended
        bool offered = false;           // `pod` was reported as Adopted, or is ours
        std::optional<Time> deleting_since{};
        std::optional<Worker> worker{};
        std::optional<Start> start{};
        // How soon `pod` is to end, and what the server has agreed to.
        std::optional<std::chrono::seconds> wanted_grace{}, given_grace{};
        bool look = false;  // the server has to be asked for the Pod
        // The request under way, besides Status, and what was known when it was made.
        std::optional<Asked> asked{};
        std::string asked_uid{};
        std::chrono::seconds asked_grace{};
        Time not_before{};  // of the next request
        Time next_heartbeat{}, next_status{};
        bool status_asked = false;
        bool hangs = false;         // the worker itself has said so
        std::optional<Time> due{};  // its key in due_
    };
    struct Pending {
        Asked kind;
        std::string name;
        WorkerHandle handle;
    };

    Entry& entry_of(std::string const& name);
    // The entry whose Pod has this handle; null: that Pod is gone.
    Entry* find(std::string const& name, WorkerHandle handle);

    // Taking in (pod_keeper_sight.cpp). A state of a Pod that came from anywhere. The result has to
    // be settled; null: the Pod is known to be gone.
    Entry* see(PodFacts facts);
    // False: the object is no Pod of this worker.
    bool see_object(Entry const& entry, boost::json::value const& pod);
    void claim(Entry& entry);
    void offer(Entry& entry);
    void look_at_worker(Entry& entry);
    void tell_words(Entry& entry);
    void gone(Entry& entry);
    void release(Entry& entry, PodFacts const& pod);
    void gone_if_same(Entry& entry);  // the Pod that was known when the request was made
    void exited(Entry& entry, WorkerExit exit);
    void on_created(Entry& entry, Answer const& answer);
    void on_read(Entry& entry, Answer const& answer);
    void on_removed(Entry& entry, Answer const& answer);
    void retry_later(Entry& entry, kubernetes::Failure const& failure);

    // Deciding (pod_keeper.cpp). settle() does what the entry needs now, sets its timer, and may
    // forget it: nobody may use it afterwards.
    void settle(Entry& entry);
    void settle_start(Entry& entry);
    void heartbeat(Entry& entry);
    std::optional<What> next_request(Entry const& entry) const;
    void ask(Entry& entry, What what);
    void set_timer(Entry& entry, bool has_request);
    void end_pod(Entry& entry, std::chrono::seconds grace);
    void fail_start(Entry& entry, std::string reason);
    std::chrono::nanoseconds status_period();
    std::vector<std::string> names() const;
    void report(std::string const& name, Event event) {
        effects_.reports.emplace_back(name, std::move(event));
    }

    PodKeeperSettings const settings_;
    std::chrono::seconds const stop_grace_;
    std::mt19937_64 random_;
    Time now_{};
    std::chrono::sys_seconds wall_{};
    std::map<std::string, Entry, std::less<>> entries_;
    std::map<WorkerHandle, std::string> handles_;
    std::set<std::pair<Time, std::string>> due_;
    std::map<std::uint64_t, Pending> pending_;
    std::uint64_t last_number_ = 0, last_handle_ = 0;
    std::uint64_t list_ = 0;     // the number of the present list
    std::uint64_t watched_ = 0;  // all changes up to this version were taken in
    bool listed_once_ = false;
    bool ending_ = false;  // stop_all() was called: nothing new begins
    std::size_t running_ = 0;
    PodEffects effects_;
};

}  // namespace tidegate::orchestrator
