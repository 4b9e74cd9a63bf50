// The seam between deciding and doing: the fleet (fleet.hpp) decides which workers there are to be,
// a backend runs them and reports what becomes of each. A backend decides nothing, and nobody but
// apps/media-service knows which one is in use. io/process is the backend for processes of this
// machine. The contract also fits a backend that asks a cluster, lists and watches.
//
// - Names. A worker's name says what it works for; a stream's worker has the stream's id as name. A
//   name consists of [A-Za-z0-9_-]. No two workers of one name ever run at the same time, whoever
//   started them: the backend itself must see to that (a lock, a name that is unique in the
//   cluster), since a decision may rest on knowledge that is out of date.
// - Calls return at once. What comes of them is reported later, never from inside a call.
// - After start(): exactly one WorkerSpawned or SpawnFailed of that generation.
// - After WorkerSpawned, and after adopt(): exactly one WorkerExited of that generation, after
//   everything else that is reported of it. It means that the worker is certainly gone. A worker
//   that cannot be reached but may still run has not exited.
// - Between the two: WorkerReady once its output is accepted, WorkerProgress again and again while
//   media advances, WorkerStatus when it has something to say.
// - Workers outlive the backend. The next one finds them.
//
// Thread: all calls and all reports happen on the control plane's loop.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/core/fleet.hpp"

namespace tidegate::orchestrator {

// Whom a backend reports to.
class WorkerListener {
public:
    virtual ~WorkerListener() = default;
    // `event` is one of WorkerSpawned, SpawnFailed, WorkerReady, WorkerProgress, WorkerStatus,
    // WorkerExited and Adopted. Adopted reports a worker that runs and that we did not start; it
    // may come at any time, for another program may have started it. If the fleet wants it, it
    // answers with an adopt().
    virtual void on_worker_event(std::string const& name, Event const& event) = 0;
    // A line that the worker has printed, for operators. Comes at any time while the worker lives.
    virtual void on_worker_line(std::string const& /*name*/, std::string_view /*line*/) {}
    // What was said in a fragment of a dub, for operators. Comes at any time while the worker
    // lives.
    virtual void on_worker_caption(std::string const& /*name*/, DubCaption const& /*caption*/) {}
    // Once after open(): each worker that was running has been reported as Adopted. Until then
    // nobody can know what has to be started.
    virtual void on_listed() = 0;
};

// Where a worker runs, for operators, if that is not this machine.
struct WorkerPlace {
    std::string pod, node;  // node: empty: it has none yet
    bool operator==(WorkerPlace const&) const = default;
};

class WorkerBackend {
public:
    virtual ~WorkerBackend() = default;

    // Begins to list and to watch workers; the listener must live until close(). A list that fails
    // for a while is the backend's to repeat: on_listed() then comes later. The error is a
    // sentence about something that a person has to change.
    virtual std::expected<void, std::string> open(WorkerListener& listener) = 0;
    // Ends all reports and waits for nothing any more. The workers go on.
    virtual void close() = 0;

    virtual void start(std::string const& name, action::Spawn const& spawn) = 0;
    virtual void adopt(std::string const& name, action::Adopt const& adopt) = 0;
    // Of a worker that is gone, or a handle that is another worker's: nothing happens.
    virtual void stop(std::string const& name, WorkerHandle handle) = 0;
    virtual void kill(std::string const& name, WorkerHandle handle) = 0;

    // For a service that takes its workers with it: all that were started or adopted.
    virtual void stop_all() = 0;
    virtual void kill_all() = 0;
    // Workers that were started or adopted and whose exit has not been reported.
    virtual std::size_t running() const = 0;

    // What operators are shown: the process id, if workers are processes of this machine, and the
    // Pod, if they are Pods of a cluster.
    virtual std::optional<int> pid_of(WorkerHandle handle) const = 0;
    virtual std::optional<WorkerPlace> place_of(WorkerHandle /*handle*/) const {
        return std::nullopt;
    }
};

// Carries out what the fleet asks for.
void perform(WorkerBackend& backend, Command const& command);

}  // namespace tidegate::orchestrator
