// The machine's whole table: representative states times all events, through step() itself. Tests
// read it, and docs/states.md is printed from it.
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

// "running", "stopping: term, hung", "failed: configuration": the kind and what tells its variants
// apart.
std::string describe(StreamState const& stream);
// "spawn", "SIGTERM", "SIGKILL", "watch" or nothing.
std::string describe(std::optional<Action> const& action);
// Nothing that anyone could see differs: state, action, note.
bool is_without_effect(Row const& row);

// docs/states.md
std::string to_markdown();

}  // namespace tidegate::orchestrator::table
