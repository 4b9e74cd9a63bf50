#include "orchestrator/core/event.hpp"

#include <array>

namespace tidegate::orchestrator {

std::string_view name(Event const& event) {
    static constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames{
        "desired",          "not-desired",    "hint-not-ready", "list-unknown", "output-readable",
        "input-stalled",    "worker-spawned", "spawn-failed",   "worker-ready", "worker-progress",
        "worker-status",    "worker-exited",  "adopted",        "timer-fired",  "slot-free",
        "operator-restart", "operator-stop",  "operator-reset"};
    return kNames.at(event.index());
}

}  // namespace tidegate::orchestrator
