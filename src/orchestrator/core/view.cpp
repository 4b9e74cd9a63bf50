#include "orchestrator/core/view.hpp"

#include "base/duration.hpp"

namespace tidegate::orchestrator {

namespace {

std::string text(Duration duration) {
    return base::format_duration(duration);
}

struct Explain {
    StreamState const& stream;
    Policy const& policy;
    std::string const worker{policy.worker_noun};
    std::string const source{policy.source_noun};

    std::string operator()(Idle const& state) const {
        if (!state.hold) return "no " + source + " is live and no " + worker + " runs";
        return state.hold->live ? "stopped by an operator until a restart, a reset or a new session"
                                : "stopped by an operator; its " + source + " is gone";
    }
    std::string operator()(Starting const& state) const {
        if (!state.worker.handle) return "a " + worker + " is being started";
        return "the " + worker + " has " + text(policy.ready_deadline) + " to become ready" +
               trouble_words(state.worker);
    }
    std::string operator()(Running const& state) const {
        if (!state.session) {
            return "a " + worker + " was found running; waiting for the router's list";
        }
        if (!state.worker.holding.empty()) {
            return "the output goes on without the " + source + ": " + state.worker.holding;
        }
        if (!state.worker.trouble.empty()) {
            return "the " + worker + " runs, but " + state.worker.trouble;
        }
        return stream.input_stalled
                   ? "the " + worker + " runs, but its " + source + " sends nothing"
                   : "the " + worker + " runs and media advances";
    }
    std::string operator()(Stopping const& state) const {
        if (state.phase == Stopping::Phase::grace) return in_grace(state);
        auto words = "the " + worker + " is told to end: " + cause_words(state.cause);
        if (state.worker && !state.worker->handle) words += "; its start is still unconfirmed";
        if (state.phase == Stopping::Phase::kill) words += "; it did not obey, SIGKILL was sent";
        if (!state.gone_since) words += "; its " + source + " is live";
        return state.worker ? words + trouble_words(*state.worker) : words;
    }
    std::string operator()(BackingOff const& state) const {
        switch (state.why) {
            case BackingOff::Why::capped:
                return "waits for a free " + worker + " slot (max-" + worker + "s " +
                       std::to_string(policy.max_workers) + ")";
            case BackingOff::Why::switched_off:
                return worker + "s are switched off (worker-mode none)";
            case BackingOff::Why::worker_exited:
            case BackingOff::Why::spawn_failed:
                break;
        }
        return "waits before the next start; " + last_exit_words();
    }
    std::string operator()(Failed const& state) const {
        auto const until = "; retried after a reset, a restart or a new session";
        if (state.why != Failed::Why::too_many_starts) return last_exit_words() + until;
        return std::to_string(policy.max_starts) + " starts within " + text(policy.starts_window) +
               "; " + last_exit_words() + until;
    }

private:
    std::string in_grace(Stopping const& state) const {
        auto const kept =
            state.worker ? "the " + worker + " goes on" : std::string("the run is kept");
        return "the " + source + " is gone; " + kept + " for " + text(policy.grace) +
               " in case it returns" + (is_holding(stream) ? ", and its output with it" : "");
    }
    static std::string trouble_words(WorkerInfo const& info) {
        return info.trouble.empty() ? std::string() : "; " + info.trouble;
    }
    std::string last_exit_words() const {
        auto const& exit = stream.history.last_exit;
        return exit ? "the last " + worker + ": " + describe(*exit)
                    : "no " + worker + " has ended yet";
    }
    std::string cause_words(Stopping::Cause cause) const {
        switch (cause) {
            case Stopping::Cause::source_gone:
                return "the " + source + " is gone and the grace period is over";
            case Stopping::Cause::operator_stop:
                return "an operator stopped it";
            case Stopping::Cause::operator_restart:
                return "an operator restarts it";
            case Stopping::Cause::params_changed:
                return "the " + source + " asks for other settings";
            case Stopping::Cause::router_changed:
                return "the " + source + " is at another router";
            case Stopping::Cause::not_ready:
                return "it did not become ready in time";
            case Stopping::Cause::hung:
                return "media stopped advancing in it";
        }
        return {};
    }
};

}  // namespace

std::string explain(StreamState const& stream, Policy const& policy) {
    return std::visit(Explain{stream, policy}, stream.state);
}

std::string_view state_name(StreamView const& view) {
    if (view.holding) return "holding";
    bool const in_trouble = view.worker && !view.worker->trouble.empty();
    return view.state == StateKind::running && in_trouble ? "degraded" : name(view.state);
}

StreamView make_view(std::string_view stream_id, StreamState const& stream, Policy const& policy) {
    StreamView view;
    view.stream_id = stream_id;
    view.state = stream.kind();
    view.reason = explain(stream, policy);
    view.since = stream.since;
    if (auto const* current = run(stream)) {
        view.run_id = current->id;
        view.attempt = current->attempt;
    }
    if (auto const* bound = session(stream)) view.session = *bound;
    view.input_live = is_live(stream);
    view.input_stalled = stream.input_stalled;
    view.output_readable = stream.output_readable;
    view.holding = is_holding(stream);
    if (auto const* process = worker(stream)) view.worker = *process;
    view.restarts = stream.history.restarts;
    view.last_exit = stream.history.last_exit;
    view.last_exit_at = stream.history.last_exit_at;
    view.last_words = stream.history.last_words;
    if (auto const* waiting = std::get_if<BackingOff>(&stream.state)) {
        view.next_retry = waiting->retry_at;
    }
    return view;
}

}  // namespace tidegate::orchestrator
