// The invariants of the control path, checked after every step of the simulated world.
#include <algorithm>

#include "base/stream_id.hpp"
#include "orchestrator/core/model_world_test.hpp"

namespace tidegate::orchestrator::model {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How long the simulated world may take to answer a spawn, to end a worker and to report the exit,
// all together.
constexpr seconds kSlack{1};

std::string seconds_text(Duration duration) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count()) + " ms";
}

}  // namespace

void World::fail(Stream const& stream, std::string const& what) {
    if (failure_) return;
    failure_ =
        "at " + seconds_text(now_.time_since_epoch()) + ", stream " + stream.id + ": " + what;
    auto const* state = fleet_ ? fleet_->find(stream.id) : nullptr;
    if (state) {
        *failure_ +=
            " [" + std::string(name(state->kind())) + ": " + explain(*state, setup_.policy) + "]";
    }
}

void World::forgive(Stream& stream) {
    stream.starts.clear();
    stream.refused_config = false;
    stream.crashed_at.reset();
}

// A source has come to a stream that has no run: what earlier workers did no longer counts.
void World::forgive_ended_run(Stream& stream) {
    auto const* state = fleet_->find(stream.id);
    if (!state) stream.held = false;
    if (state && (state->kind() != StateKind::idle || stream.held)) return;
    forgive(stream);
    stream.belief.params.reset();
}

unsigned World::workers() const {
    std::size_t count = 0;
    for (auto const& stream : streams_) count += stream.processes.size();
    return static_cast<unsigned>(count);
}

void World::check() {
    if (failure_ || !fleet_) return;
    for (auto& stream : streams_) check_stream(stream);
    check_books();
}

void World::check_stream(Stream& stream) {
    check_processes(stream);
    auto const* state = fleet_->find(stream.id);
    if (stream.belief.live()) {
        check_live(stream, state);
    } else {
        check_gone(stream);
        auto const* stopping = state ? std::get_if<Stopping>(&state->state) : nullptr;
        auto const keeps = stopping && stopping->phase == Stopping::Phase::grace;
        if (!keeps) {
            stream.run_to_keep.reset();
        } else if (!stream.run_to_keep) {
            stream.run_to_keep = stopping->run.id;
        }
    }
    if (state && deadline(*state) && *deadline(*state) < now_) fail(stream, "a timer was missed");
}

void World::check_processes(Stream const& stream) {
    if (stream.processes.size() > 1) fail(stream, "two workers");
}

// Every live stream has a worker, or its state says why not and until when.
void World::check_live(Stream& stream, StreamState const* state) {
    if (!state) return fail(stream, "live, but nothing is known of it");
    auto const* bound = session(*state);
    if (!bound || bound->source_id != stream.belief.source) fail(stream, "bound to another source");
    auto const* current = run(*state);
    if (stream.run_to_keep && current && state->kind() != StateKind::failed &&
        current->id != *stream.run_to_keep) {
        fail(stream, "returned within the grace period, but the run was not kept");
    }
    stream.run_to_keep.reset();

    if (auto const* idle = std::get_if<Idle>(&state->state)) {
        if (!idle->hold || !idle->hold->live || !stream.held) fail(stream, "live, but idle");
    } else if (auto const* stopping = std::get_if<Stopping>(&state->state)) {
        if (stopping->gone_since) fail(stream, "live, but treated as gone");
        if (!stopping->worker) fail(stream, "stopping nobody");
    } else if (auto const* waiting = std::get_if<BackingOff>(&state->state)) {
        auto const longest =
            setup_.promised.restart_delay_max * (1 + setup_.promised.restart_jitter);
        if (waiting->retry_at && *waiting->retry_at - now_ > longest)
            fail(stream, "waits too long");
        if (!waiting->retry_at && fleet_->slots_used() < setup_.policy.max_workers) {
            fail(stream, "waits for a slot, but one is free");
        }
    } else if (auto const* failed = std::get_if<Failed>(&state->state)) {
        auto const config = failed->why != Failed::Why::too_many_starts;
        auto const rightly =
            config ? stream.refused_config : stream.starts.size() >= setup_.promised.max_starts;
        if (!rightly) fail(stream, "failed without cause");
    } else if (auto const* running = std::get_if<Running>(&state->state)) {
        if (stream.processes.empty()) return fail(stream, "running without a process");
        auto const silent = now_ - stream.processes.front().last_told;
        if (silent > 2 * setup_.promised.watchdog + kSlack) fail(stream, "a hung worker is kept");
        auto const& process = stream.processes.front();
        if (process.confirmed && running->worker.handle != handle_of(process))
            fail(stream, "another process");
    }
}

// A stream whose source has been gone for longer than the grace period, plus the time that it takes
// to stop a worker, has no worker.
void World::check_gone(Stream const& stream) {
    if (!stream.belief.gone_since) return;
    auto const& promised = setup_.promised;
    auto const limit = *stream.belief.gone_since + promised.grace + promised.term_timeout + kSlack;
    for (auto const& process : stream.processes) {
        auto const awake = process.unkillable_until + promised.kill_retry + kSlack;
        if (process.alive && now_ > std::max(limit, awake)) {
            fail(stream, "a worker outlives its source");
        }
    }
}

// After a list, the fleet says of the output what the list says.
void World::check_output(Stream const& stream, std::vector<PathItem> const& items) {
    auto const* state = fleet_->find(stream.id);
    if (failure_ || !state) return;
    auto const name = base::stream_path(stream.id, base::Direction::out);
    auto const listed = std::ranges::find(items, name, &PathItem::name);
    auto const readable = listed != items.end() && listed->online;
    if (readable && !stream.belief.live()) return;  // it still waits for its hook
    if (state->output_readable != readable) {
        fail(stream, readable ? "its output is not known" : "its output is gone, but shown");
    }
}

// The counts and the next deadline that the fleet keeps are those that a walk over all streams
// finds.
void World::check_books() {
    std::array<std::size_t, kStateKinds> by_state{};
    std::size_t slots = 0;
    std::optional<Time> first;
    std::array<std::size_t, kShownStates> shown{};
    for (auto const& stream : streams_) {
        auto const* state = fleet_->find(stream.id);
        if (!state) continue;
        ++by_state[state->state.index()];
        ++shown[static_cast<std::size_t>(shown_state(*state))];
        slots += holds_slot(*state) ? 1 : 0;
        auto const due = deadline(*state);
        if (due && (!first || *due < *first)) first = due;
    }
    if (by_state != fleet_->by_state()) fail(streams_[0], "streams by state are miscounted");
    for (std::size_t i = 0; i < kShownStates; ++i) {
        auto const counted = fleet_->count(static_cast<Shown>(i));
        if (counted != shown[i]) fail(streams_[0], "streams are listed in another state");
    }
    if (slots != fleet_->slots_used()) fail(streams_[0], "slots are miscounted");
    if (first != fleet_->next_deadline()) fail(streams_[0], "the next deadline is wrong");
}

void World::check_spawn(Stream const& stream) {
    if (!stream.processes.empty()) fail(stream, "a second worker is started");
    if (!stream.belief.live()) fail(stream, "a worker is started for a stream that is not live");
    if (stream.held) fail(stream, "started although an operator stopped it");
    if (stream.refused_config) fail(stream, "a configuration error or a final refusal is retried");
    auto const in_window = std::ranges::count_if(
        stream.starts, [&](Time at) { return at > now_ - setup_.promised.starts_window; });
    if (static_cast<std::size_t>(in_window) >= setup_.promised.max_starts) {
        fail(stream, "started too often");
    }
    auto const shortest = setup_.promised.restart_delay * (1 - setup_.promised.restart_jitter);
    if (stream.crashed_at && now_ - *stream.crashed_at < shortest)
        fail(stream, "restarted too soon");
    if (workers() >= setup_.promised.max_workers) fail(stream, "more workers than allowed");
}

void World::check_term(Stream const& stream, Process& process) {
    auto const& belief = stream.belief;
    auto const& promised = setup_.promised;
    auto const gone = belief.gone_since && now_ - *belief.gone_since >= promised.grace;
    auto const other_params = belief.params && *belief.params != process.params;
    auto const too_late = !process.told_ready && now_ - process.born >= promised.ready_deadline;
    process.late_term = too_late && !gone && !other_params && !process.operator_touched;
    if (!gone && !other_params && !too_late && !process.operator_touched) {
        fail(stream, "SIGTERM to a worker that is wanted");
    }
}

void World::check_kill(Stream const& stream, Process const& process) {
    auto const& promised = setup_.promised;
    auto const ignored = process.term_at && now_ - *process.term_at >= promised.term_timeout;
    auto const silent = process.told_ready && now_ - process.last_told >= promised.watchdog;
    if (!ignored && !silent) fail(stream, "SIGKILL to a worker that was not asked first");
}

void World::check_settled(Stream& stream, bool everyone) {
    if (failure_) return;
    auto const* state = fleet_->find(stream.id);
    auto const kind = state ? state->kind() : StateKind::idle;
    if (!stream.source) {
        if (!stream.processes.empty()) fail(stream, "settled, and a worker without a source");
        if (kind != StateKind::idle) fail(stream, "settled, and not idle without a source");
        return;
    }
    if (kind == StateKind::running) {
        auto const params = parse_query(stream.query).params;
        if (setup_.list_tells_query && stream.processes.front().params != params) {
            fail(stream, "settled, with other settings than the query asks for");
        }
        return;
    }
    auto const waits = kind == StateKind::backing_off && !deadline(*state) &&
                       fleet_->slots_used() >= setup_.promised.max_workers;
    auto const explained = kind == StateKind::failed || (kind == StateKind::idle && stream.held);
    if (!waits && (everyone || !explained)) fail(stream, "settled, but not served");
}

}  // namespace tidegate::orchestrator::model
