#include "orchestrator/core/worker_backend.hpp"

#include <variant>

namespace tidegate::orchestrator {

namespace {

struct Perform {
    WorkerBackend& backend;
    std::string const& name;

    void operator()(action::Spawn const& spawn) const { backend.start(name, spawn); }
    void operator()(action::Stop const& stop) const { backend.stop(name, stop.handle); }
    void operator()(action::Kill const& kill) const { backend.kill(name, kill.handle); }
    void operator()(action::Adopt const& adopt) const { backend.adopt(name, adopt); }
};

}  // namespace

void perform(WorkerBackend& backend, Command const& command) {
    std::visit(Perform{backend, command.stream_id}, command.action);
}

}  // namespace tidegate::orchestrator
