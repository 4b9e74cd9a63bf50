#include "orchestrator/core/state.hpp"

#include <array>

namespace tidegate::orchestrator {

namespace {

template <class... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};

template <std::size_t N, class Enum>
std::string_view pick(std::array<std::string_view, N> const& names, Enum value) {
    return names.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view name(StateKind kind) {
    static constexpr std::array<std::string_view, kStateKinds> kNames{
        "idle", "starting", "running", "stopping", "backing-off", "failed"};
    return pick(kNames, kind);
}

std::string_view name(Stopping::Phase phase) {
    static constexpr std::array<std::string_view, 3> kNames{"grace", "term", "kill"};
    return pick(kNames, phase);
}

std::string_view name(Stopping::Cause cause) {
    static constexpr std::array<std::string_view, 7> kNames{
        "source-gone", "operator-stop", "operator-restart", "params-changed", "router-changed",
        "not-ready",   "hung"};
    return pick(kNames, cause);
}

std::string_view name(BackingOff::Why why) {
    static constexpr std::array<std::string_view, 4> kNames{"worker-exited", "spawn-failed",
                                                            "capped", "switched-off"};
    return pick(kNames, why);
}

std::string_view name(Failed::Why why) {
    static constexpr std::array<std::string_view, 3> kNames{"configuration", "too-many-starts",
                                                            "refused"};
    return pick(kNames, why);
}

std::optional<Time> deadline(StreamState const& stream) {
    using Result = std::optional<Time>;
    return std::visit(Overload{[](Idle const&) { return Result{}; },
                               [](BackingOff const& s) { return s.retry_at; },
                               [](Failed const& s) { return s.gone_until; },
                               [](auto const& s) { return Result{s.deadline}; }},
                      stream.state);
}

Run const* run(StreamState const& stream) {
    return std::visit(Overload{[](Idle const&) -> Run const* { return nullptr; },
                               [](auto const& s) -> Run const* { return &s.run; }},
                      stream.state);
}

Session const* session(StreamState const& stream) {
    auto const of = [](std::optional<Session> const& s) { return s ? &*s : nullptr; };
    return std::visit(
        Overload{[&](Idle const& s) { return s.hold ? of(s.hold->session) : nullptr; },
                 [&](Running const& s) { return of(s.session); },
                 [&](Stopping const& s) { return of(s.session); },
                 [](auto const& s) -> Session const* { return &s.session; }},
        stream.state);
}

WorkerInfo const* worker(StreamState const& stream) {
    using Result = WorkerInfo const*;
    return std::visit(
        Overload{[](Starting const& s) -> Result { return &s.worker; },
                 [](Running const& s) -> Result { return &s.worker; },
                 [](Stopping const& s) -> Result { return s.worker ? &*s.worker : nullptr; },
                 [](auto const&) -> Result { return nullptr; }},
        stream.state);
}

bool is_live(StreamState const& stream) {
    return std::visit(
        Overload{[](Idle const& s) { return s.hold && s.hold->live; },
                 [](Stopping const& s) { return !s.gone_since; },
                 [](Failed const& s) { return !s.gone_until; }, [](auto const&) { return true; }},
        stream.state);
}

bool is_degraded(StreamState const& stream) {
    auto const* const running = std::get_if<Running>(&stream.state);
    return running != nullptr && !running->worker.trouble.empty();
}

bool is_holding(StreamState const& stream) {
    auto const* const running = std::get_if<Running>(&stream.state);
    if (running != nullptr) return !running->worker.holding.empty();
    auto const* const stopping = std::get_if<Stopping>(&stream.state);
    return stopping != nullptr && stopping->phase == Stopping::Phase::grace && stopping->worker &&
           !stopping->worker->holding.empty();
}

std::string_view name(Shown shown) {
    if (shown == Shown::holding) return "holding";
    return shown == Shown::degraded ? "degraded" : name(static_cast<StateKind>(shown));
}

std::optional<Shown> parse_shown(std::string_view text) {
    for (std::size_t i = 0; i < kShownStates; ++i) {
        if (name(static_cast<Shown>(i)) == text) return static_cast<Shown>(i);
    }
    return std::nullopt;
}

Shown shown_state(StreamState const& stream) {
    if (is_holding(stream)) return Shown::holding;
    return is_degraded(stream) ? Shown::degraded : static_cast<Shown>(stream.kind());
}

std::string_view state_name(StreamState const& stream) {
    return name(shown_state(stream));
}

bool holds_slot(StreamState const& stream) {
    if (auto const* waiting = std::get_if<BackingOff>(&stream.state)) {
        return waiting->retry_at.has_value();
    }
    return worker(stream) != nullptr;
}

}  // namespace tidegate::orchestrator
