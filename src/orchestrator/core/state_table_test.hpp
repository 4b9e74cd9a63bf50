// The table of the whole state machine: representative states, each with every event, as step()
// handles them. Tests check it, and docs/states.md is written from it.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator::table {

struct NamedState {
    std::string name;  // "stopping: grace, the worker lives"
    StreamState stream;
    bool slot_free = true;
};

struct NamedEvent {
    std::string name;  // "desired, another source"
    Event event;
};

struct Row {
    NamedState from;
    NamedEvent event;
    Step result;
};

inline Policy const kPolicy{};
inline Time const kNow = Time{} + std::chrono::hours{1};

std::vector<NamedState> states();
std::vector<NamedEvent> events();
std::vector<Row> rows();

// The state in words, with what matters in it: "running", "stopping: term, hung",
// "failed: configuration".
std::string describe(StreamState const& stream);
// The action in words: "spawn", "SIGTERM", "SIGKILL", "watch"; empty: there is none.
std::string describe(std::optional<Action> const& action);
// The event changes nothing that anybody could see.
bool is_without_effect(Row const& row);

// The text of docs/states.md.
std::string to_markdown();

}  // namespace tidegate::orchestrator::table
