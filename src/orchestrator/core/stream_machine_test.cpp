// All pairs of states and events. docs/states.md is this table in words, and a test fails if the
// page does not say what the machine does. TIDEGATE_WRITE_STATES=1 (tools/states.sh) writes the
// page again.
#include "orchestrator/core/stream_machine.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "orchestrator/core/state_table_test.hpp"

namespace tidegate::orchestrator {

namespace {

using table::describe;

std::string const kFile = std::string(TIDEGATE_SOURCE_DIR) + "/docs/states.md";

struct Outcome {
    std::string next;
    std::string action;
    bool operator==(Outcome const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Outcome const& outcome) {
    return out << outcome.next << " / " << outcome.action;
}

Outcome outcome(std::string_view state, std::string_view event) {
    for (auto const& row : table::rows()) {
        if (row.from.name == state && row.event.name == event) {
            return {describe(row.result.next), describe(row.result.action)};
        }
    }
    ADD_FAILURE() << "no such pair: " << state << ", " << event;
    return {};
}

}  // namespace

TEST(StateTable, KnowsEveryStateAndEveryEvent) {
    std::set<std::size_t> kinds;
    std::set<std::size_t> events;
    for (auto const& state : table::states()) kinds.insert(state.stream.state.index());
    for (auto const& event : table::events()) events.insert(event.event.index());
    EXPECT_EQ(kinds.size(), kStateKinds);
    EXPECT_EQ(events.size(), std::variant_size_v<Event>);
}

TEST(StateTable, IsWhatTheDocumentSays) {
    auto const text = table::to_markdown();
    if (std::getenv("TIDEGATE_WRITE_STATES") != nullptr) std::ofstream(kFile) << text;
    std::ostringstream written;
    written << std::ifstream(kFile).rdbuf();
    EXPECT_EQ(written.str(), text) << "run tools/states.sh and look at what changed";
}

TEST(StateTable, NoPairStartsAWorkerBesideAnother) {
    for (auto const& row : table::rows()) {
        if (describe(row.result.action) != "spawn") continue;
        auto const ended = std::holds_alternative<event::WorkerExited>(row.event.event) ||
                           std::holds_alternative<event::SpawnFailed>(row.event.event);
        EXPECT_TRUE(worker(row.from.stream) == nullptr || ended)
            << row.from.name << ", " << row.event.name;
    }
}

TEST(StateTable, AnUnknownListAndAStaleHintChangeNothing) {
    for (auto const& row : table::rows()) {
        if (row.event.name != "list-unknown" &&
            row.event.name != "hint-not-ready of another source") {
            continue;
        }
        EXPECT_FALSE(row.result.action) << row.from.name;
        EXPECT_EQ(describe(row.result.next), describe(row.from.stream)) << row.from.name;
    }
}

// What the state machine promises, pair by pair.
TEST(StateTable, KeepsThePromises) {
    struct Promise {
        char const* state;
        char const* event;
        Outcome expected;
    };
    for (auto const& [state, event, expected] : std::initializer_list<Promise>{
             {"idle", "desired, the same source", {"starting", "spawn"}},
             {"idle: held by an operator", "desired, the same source", {"idle: held", ""}},
             {"idle: held by an operator", "desired, another source", {"starting", "spawn"}},
             {"starting", "worker-ready", {"running", ""}},
             {"starting", "timer-fired", {"stopping: term, not-ready", "SIGTERM"}},
             {"starting", "worker-exited with 10", {"failed: configuration", ""}},
             {"running", "desired, another source", {"running", ""}},
             {"running", "desired, other settings", {"stopping: term, params-changed", "SIGTERM"}},
             {"running", "desired, another router", {"stopping: term, router-changed", "SIGTERM"}},
             {"stopping: grace, the worker goes on",
              "desired, another router",
              {"stopping: term, router-changed", "SIGTERM"}},
             {"stopping: SIGTERM sent, another router",
              "worker-exited with 0",
              {"starting", "spawn"}},
             {"running", "not-desired", {"stopping: grace", ""}},
             {"running", "hint-not-ready of the bound source", {"stopping: grace", ""}},
             {"running", "timer-fired", {"stopping: kill, hung", "SIGKILL"}},
             {"running", "worker-exited by a signal", {"backing-off: worker-exited", ""}},
             {"stopping: grace, the worker goes on", "desired, the same source", {"running", ""}},
             {"stopping: grace, without a worker",
              "desired, another source",
              {"starting", "spawn"}},
             {"stopping: grace, the worker goes on",
              "timer-fired",
              {"stopping: term, source-gone", "SIGTERM"}},
             {"stopping: SIGTERM sent, source gone",
              "timer-fired",
              {"stopping: kill, source-gone", "SIGKILL"}},
             {"stopping: SIGTERM sent, source gone", "worker-exited with 0", {"idle", ""}},
             {"stopping: SIGTERM sent by an operator's stop",
              "worker-exited with 0",
              {"idle: held", ""}},
             {"stopping: SIGTERM sent, other settings",
              "worker-exited with 0",
              {"starting", "spawn"}},
             {"stopping: SIGTERM sent, not ready in time",
              "worker-exited with 10",
              {"failed: configuration", ""}},
             {"stopping: SIGKILL sent, hung",
              "worker-exited by a signal",
              {"backing-off: worker-exited", ""}},
             {"backing-off: until the next start", "timer-fired", {"starting", "spawn"}},
             {"backing-off: until the next start", "adopted", {"running", "watch"}},
             {"failed: configuration", "desired, the same source", {"failed: configuration", ""}},
             {"failed: configuration", "desired, another source", {"starting", "spawn"}},
             {"failed: configuration", "operator-reset", {"starting", "spawn"}},
             {"failed: too many starts, source gone", "timer-fired", {"idle", ""}},
         }) {
        EXPECT_EQ(outcome(state, event), expected) << state << ", " << event;
    }
}

}  // namespace tidegate::orchestrator
