#include "orchestrator/core/step_builder.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/utf8.hpp"

namespace tidegate::orchestrator {

namespace {

// The first delay, doubled for each further failure up to the longest delay, and then varied by the
// jitter.
Duration restart_delay(Policy const& policy, unsigned failures, Entropy entropy) {
    auto delay = policy.restart_delay;
    for (unsigned i = 1; i < failures && delay < policy.restart_delay_max; ++i) delay *= 2;
    delay = std::min(delay, policy.restart_delay_max);
    auto const unit = static_cast<double>(entropy.low >> 11) / static_cast<double>(1ULL << 53);
    auto const factor = 1.0 + policy.restart_jitter * (2.0 * unit - 1.0);
    return std::chrono::duration_cast<Duration>(delay * factor);
}

bool was_healthy(WorkerInfo const& worker, Policy const& policy) {
    return worker.ready_at && worker.last_progress - *worker.ready_at >= policy.healthy_after;
}

}  // namespace

void StepBuilder::launch(Run run, Session session) {
    if (run.id.empty()) run.id = base::uuid_from(context.entropy.high, context.entropy.low);
    auto& past = history();
    std::erase_if(past.starts, [&](Time at) { return at <= now() - policy().starts_window; });
    if (!policy().run_workers) {
        next.state =
            BackingOff{std::move(run), std::move(session), BackingOff::Why::switched_off, {}};
    } else if (past.starts.size() >= policy().max_starts) {
        next.state = Failed{std::move(run), std::move(session), Failed::Why::too_many_starts, {}};
    } else if (!context.slot_free) {
        next.state = BackingOff{std::move(run), std::move(session), BackingOff::Why::capped, {}};
    } else if (now() < past.not_before) {
        auto const no_spawn =
            past.last_exit && past.last_exit->kind == WorkerExit::Kind::not_started;
        auto const why = no_spawn ? BackingOff::Why::spawn_failed : BackingOff::Why::worker_exited;
        next.state = BackingOff{std::move(run), std::move(session), why, past.not_before};
    } else {
        spawn(std::move(run), std::move(session));
    }
}

void StepBuilder::spawn(Run run, Session session) {
    auto& past = history();
    past.starts.push_back(now());
    if (++run.attempt > 1) ++past.restarts;
    WorkerInfo worker;
    worker.generation = ++past.generation;
    worker.started = now();
    worker.last_progress = now();
    worker.params = session.params.value_or(Params{});
    worker.router = session.router;
    action = action::Spawn{worker.generation, run.id, run.attempt, *worker.params, session.router};
    next.state = Starting{std::move(run), std::move(session), std::move(worker),
                          now() + policy().ready_deadline};
}

void StepBuilder::adopt(event::Adopted const& found, std::optional<Session> bound) {
    WorkerInfo worker;
    worker.generation = ++history().generation;
    worker.handle = found.handle;
    worker.adopted = true;
    worker.started = std::min(found.started, now());
    // It may have been healthy for hours, or may still be starting. It is taken to be ready, and is
    // given as much time as a worker that starts.
    worker.ready_at = now();
    worker.last_progress = now();
    worker.params = found.params;
    worker.router = found.router;
    action = action::Adopt{worker.generation, found.handle};
    auto const patience =
        std::max(policy().watchdog, policy().ready_deadline) + policy().output_delay;
    next.state =
        Running{Run{found.run_id, 1}, std::move(bound), std::move(worker), now() + patience};
}

void StepBuilder::begin_grace(Run run, std::optional<Session> bound,
                              std::optional<WorkerInfo> worker, Time gone) {
    next.state =
        Stopping{std::move(run),       std::move(bound),       gone,
                 std::move(worker),    Stopping::Phase::grace, Stopping::Cause::source_gone,
                 gone + policy().grace};
}

void StepBuilder::terminate(Stopping stopping, Stopping::Cause cause) {
    stopping.phase = Stopping::Phase::term;
    stopping.cause = cause;
    stopping.deadline = now() + policy().term_timeout;
    if (stopping.worker && stopping.worker->handle) action = action::Stop{*stopping.worker->handle};
    next.state = std::move(stopping);
}

void StepBuilder::kill(Stopping stopping) {
    stopping.phase = Stopping::Phase::kill;
    stopping.deadline = now() + policy().kill_retry;
    if (stopping.worker && stopping.worker->handle) action = action::Kill{*stopping.worker->handle};
    next.state = std::move(stopping);
}

void StepBuilder::worker_lost(Run run, Session bound, WorkerInfo const& ended,
                              WorkerExit const& exit) {
    record_exit(ended, exit, true);
    if (auto const why = reason_to_fail(exit)) {
        next.state = Failed{std::move(run), std::move(bound), *why, {}};
    } else {
        launch(std::move(run), std::move(bound));
    }
}

std::optional<Failed::Why> StepBuilder::reason_to_fail(WorkerExit const& exit) const {
    if (is_configuration_error(exit)) return Failed::Why::configuration;
    if (policy().final_refusals && is_refusal(exit)) return Failed::Why::refused;
    return std::nullopt;
}

void StepBuilder::spawn_failed(Run run, Session bound, event::SpawnFailed const& failed) {
    record_spawn_failure(failed.reason);
    launch(std::move(run), std::move(bound));
}

void StepBuilder::record_exit(WorkerInfo const& ended, WorkerExit const& exit, bool is_failure) {
    history().last_exit = exit;
    history().last_exit_at = now();
    history().last_words = ended.status;
    if (was_healthy(ended, policy())) forgive();
    if (is_failure) count_failure();
}

// The machine lacked something (processes, descriptors), which is not the stream's fault. So this
// start does not count towards max_starts, and is repeated for ever.
void StepBuilder::record_spawn_failure(std::string const& reason) {
    if (!history().starts.empty()) history().starts.pop_back();
    history().last_exit = WorkerExit{WorkerExit::Kind::not_started, 0, reason};
    history().last_exit_at = now();
    history().last_words.clear();
    count_failure();
}

void StepBuilder::count_failure() {
    ++history().failures;
    history().not_before = now() + restart_delay(policy(), history().failures, context.entropy);
}

void StepBuilder::forgive_for_new_session() {
    forgive();
    if (history().last_exit) {
        history().not_before =
            std::min(history().not_before, history().last_exit_at + policy().restart_delay);
    }
}

void StepBuilder::forgive_for_operator() {
    forgive();
    history().not_before = Time::min();
}

Session merge(Session const& bound, Session seen) {
    if (!seen.params) seen.params = bound.params;
    if (seen.router.empty()) seen.router = bound.router;
    if (seen.source_id.empty()) seen.source_id = bound.source_id;
    return seen;
}

bool is_same_source(Session const& bound, Session const& seen) {
    bool const elsewhere =
        !seen.router.empty() && !bound.router.empty() && seen.router != bound.router;
    return !elsewhere && (seen.source_id.empty() || seen.source_id == bound.source_id);
}

bool is_bound_to(std::optional<Session> const& bound, std::string const& source_id) {
    return bound && !source_id.empty() && bound->source_id == source_id;
}

std::optional<Stopping::Cause> misfit(WorkerInfo const& worker, Session const& session) {
    bool const both_known = !worker.router.empty() && !session.router.empty();
    if (both_known && worker.router != session.router) return Stopping::Cause::router_changed;
    if (worker.params && session.params && *worker.params != *session.params) {
        return Stopping::Cause::params_changed;
    }
    return std::nullopt;
}

std::string cleaned_status(std::string const& text) {
    // Half a UTF-8 sequence at the end would make the JSON around it invalid.
    std::string status(base::utf8_prefix(text, kMaxStatusLength));
    std::ranges::replace_if(
        status, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return status;
}

}  // namespace tidegate::orchestrator
