#include "orchestrator/core/worker_exit.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <string>

namespace tidegate::orchestrator {

namespace {

struct Meaning {
    int code;
    std::string_view label;
    std::string_view words;
};

constexpr std::array kMeanings{
    Meaning{kExitStopped, "stopped", "stopped or source ended"},
    Meaning{kExitConfiguration, "configuration", "configuration error"},
    Meaning{kExitInput, "input", "input not available"},
    Meaning{kExitOutput, "output", "output refused"},
    Meaning{kExitTransient, "transient", "transient I/O error"},
    Meaning{kExitInternal, "internal", "internal error"},
};

Meaning const* meaning_of(int code) {
    for (auto const& meaning : kMeanings) {
        if (meaning.code == code) return &meaning;
    }
    return nullptr;
}

std::string describe_signal(int number) {
    std::string text = "killed by signal " + std::to_string(number);
    if (auto const* abbreviation = ::sigabbrev_np(number)) {
        text += std::string(" (SIG") + abbreviation + ")";
    }
    return text;
}

bool is_code(WorkerExit const& exit, int code) {
    return exit.kind == WorkerExit::Kind::code && exit.number == code;
}

std::string describe_kind(WorkerExit const& exit) {
    switch (exit.kind) {
        case WorkerExit::Kind::signal:
            return describe_signal(exit.number);
        case WorkerExit::Kind::unknown:
            return exit.reason.empty() ? "ended (adopted process, its status is not known)"
                                       : "ended";
        case WorkerExit::Kind::not_started:
            return "could not be started";
        case WorkerExit::Kind::code:
            break;
    }
    auto const* meaning = meaning_of(exit.number);
    return std::string(meaning ? meaning->words : "exit code outside the contract") + " (exit " +
           std::to_string(exit.number) + ")";
}

}  // namespace

bool is_configuration_error(WorkerExit const& exit) {
    return is_code(exit, kExitConfiguration);
}

bool is_refusal(WorkerExit const& exit) {
    return is_code(exit, kExitOutput);
}

bool is_source_ended(WorkerExit const& exit) {
    return is_code(exit, kExitStopped) || is_code(exit, kExitInput);
}

bool is_stopped(WorkerExit const& exit) {
    return is_code(exit, kExitStopped);
}

std::string describe(WorkerExit const& exit) {
    return describe_kind(exit) + (exit.reason.empty() ? "" : ": " + exit.reason);
}

std::string_view label(WorkerExit const& exit) {
    switch (exit.kind) {
        case WorkerExit::Kind::signal:
            return "signal";
        case WorkerExit::Kind::unknown:
            return "unknown";
        case WorkerExit::Kind::not_started:
            return "spawn";
        case WorkerExit::Kind::code:
            break;
    }
    auto const* meaning = meaning_of(exit.number);
    return meaning ? meaning->label : "other";
}

}  // namespace tidegate::orchestrator
