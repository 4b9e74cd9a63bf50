#include "orchestrator/core/model_world_test.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator::model {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<milliseconds, 8> kDurations{
    milliseconds{1},     milliseconds{50},     milliseconds{500},    milliseconds{2'000},
    milliseconds{5'000}, milliseconds{12'000}, milliseconds{31'000}, milliseconds{90'000}};
constexpr std::array<milliseconds, 4> kDelays{milliseconds{0}, milliseconds{100},
                                              milliseconds{2'000}, milliseconds{70'000}};
constexpr std::array<std::string_view, 4> kQueries{"", "lang=es", "lang=fr&user=me", "lang=es"};
std::array<WorkerExit, 8> const kExits{{{WorkerExit::Kind::code, 0},
                                        {WorkerExit::Kind::code, 10},
                                        {WorkerExit::Kind::code, 20},
                                        {WorkerExit::Kind::code, 30},
                                        {WorkerExit::Kind::code, 40},
                                        {WorkerExit::Kind::code, 50},
                                        {WorkerExit::Kind::signal, SIGSEGV},
                                        {WorkerExit::Kind::signal, SIGKILL}}};
constexpr seconds kTick{4};               // how often a healthy worker says WATCHDOG=1
constexpr seconds kSourceLost{12};        // 5 s to notice, then 1 + 2 + 4 s of reconnecting
constexpr milliseconds kSpawnTakes{30};   // from the request to the report
constexpr milliseconds kNoticeTakes{20};  // from the end of a worker to the report of its exit
constexpr milliseconds kStopTakes{300};   // from SIGTERM to the end
constexpr seconds kUnkillable{8};         // a process sleeps in the kernel
constexpr std::size_t kPageSize = 2;
constexpr std::size_t kHooksWaiting = 12;
constexpr char const* kRouter = "r1";

template <class T, std::size_t N>
T at(std::array<T, N> const& values, unsigned index) {
    return values[index % N];
}

}  // namespace

World::World(Setup const& setup) : setup_(setup) {
    for (unsigned i = 0; i < kStreams; ++i) streams_[i].id = "s" + std::to_string(i);
    start_service();
}

void World::apply(Op const& op) {
    auto& stream = streams_[op.stream % kStreams];
    switch (op.what) {
        case Do::advance:
            run_until(now_ + at(kDurations, op.a));
            break;
        case Do::publish:
            publish(stream, op.a);
            break;
        case Do::unpublish:
            unpublish(stream);
            break;
        case Do::hook:
        case Do::lose_hook:
        case Do::repeat_hook: {
            if (hooks_.empty()) break;
            auto const it = hooks_.begin() + static_cast<std::ptrdiff_t>(op.a % hooks_.size());
            auto const hook = *it;
            if (op.what != Do::repeat_hook) hooks_.erase(it);
            if (op.what != Do::lose_hook) deliver(hook);
            break;
        }
        case Do::forge_not_ready: {
            auto const back = 1U + op.a % 3U;
            if (stream.sources <= back) break;
            auto const old = stream.id + "-" + std::to_string(stream.sources - back);
            deliver({op.stream % kStreams, false, old, ""});
            break;
        }
        case Do::list:
            complete_list(picture());
            break;
        case Do::look:
            look_at(stream);
            break;
        case Do::list_page:
            look_page();
            break;
        case Do::list_fails:
            look_.reset();
            for (auto const& [id, event] : desired_->list_failed(kRouter)) {
                tell(streams_[static_cast<unsigned>(id.back() - '0')], event);
            }
            for (auto& each : streams_) tell(each, event::ListUnknown{});
            break;
        case Do::remember_list:
            remembered_ = picture();
            break;
        case Do::late_list:
            if (remembered_) complete_list(*remembered_);
            break;
        case Do::plan:
            stream.plan = static_cast<Plan>(op.a % static_cast<unsigned>(Plan::count));
            stream.plan_delay = at(kDelays, op.b);
            break;
        case Do::kill_worker:
            for (auto& process : stream.processes) end(stream, process, at(kExits, op.a));
            break;
        case Do::hang_worker:
        case Do::deaf_worker:
            for (auto& process : stream.processes) {
                process.hung |= op.what == Do::hang_worker;
                process.deaf |= op.what == Do::deaf_worker || op.a % 3 > 0;
                if (op.what == Do::hang_worker && op.a % 3 == 2) {
                    process.unkillable_until = now_ + kUnkillable;
                }
            }
            break;
        case Do::restart_asked:
            operate(stream, event::OperatorRestart{});
            break;
        case Do::stop_asked:
            operate(stream, event::OperatorStop{});
            break;
        case Do::reset_asked:
            operate(stream, event::OperatorReset{});
            break;
        case Do::service_restart:
            restart_service(at(kDurations, op.a));
            break;
    }
    check();
}

void World::settle() {
    hooks_.clear();
    look_.reset();
    for (auto& stream : streams_) stream.plan = Plan::good;
    auto const quiet = [&](seconds for_how_long) {
        for (auto const until = now_ + for_how_long; now_ < until && !failure_;) {
            complete_list(picture());
            auto const regular = now_ + setup_.promised.resync_interval;
            while (desired_->next_look_due() && *desired_->next_look_due() < regular) {
                run_until(*desired_->next_look_due());
                look_for_late_hooks();
                check();
            }
            run_until(regular);
            check();
        }
    };
    quiet(seconds{150});
    for (auto& stream : streams_) check_settled(stream, false);
    for (auto& stream : streams_) operate(stream, event::OperatorReset{});
    quiet(seconds{60});
    for (auto& stream : streams_) check_settled(stream, true);
}

// --- the router ---

void World::publish(Stream& stream, unsigned query) {
    unpublish(stream);
    stream.source = stream.id + "-" + std::to_string(stream.sources++);
    stream.query = at(kQueries, query);
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    hooks_.push_back({index, true, *stream.source, stream.query});
    if (hooks_.size() > kHooksWaiting) hooks_.pop_front();
}

void World::unpublish(Stream& stream) {
    if (!stream.source) return;
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    hooks_.push_back({index, false, *stream.source, stream.query});
    if (hooks_.size() > kHooksWaiting) hooks_.pop_front();
    stream.source.reset();
}

void World::deliver(Hook const& hook) {
    auto& stream = streams_[hook.stream];
    auto& belief = stream.belief;
    if (hook.ready) {
        belief.hooks.insert(hook.source);
        return desired_->remember_query(stream.id, hook.source, hook.query);
    }
    if (belief.live() && belief.source == hook.source) belief.gone_since = now_;
    tell(stream, event::HintNotReady{hook.source});
}

std::vector<PathItem> World::picture() const {
    std::vector<PathItem> items;
    for (auto const& stream : streams_) {
        if (stream.source) {
            PathItem item{base::stream_path(stream.id, base::Direction::in),
                          true,
                          *stream.source,
                          "rtmpConn",
                          std::nullopt,
                          1};
            if (setup_.list_tells_query) item.query = stream.query;
            items.push_back(std::move(item));
        }
        auto const out = std::ranges::any_of(stream.processes,
                                             [](Process const& p) { return p.alive && p.ready; });
        items.push_back({base::stream_path(stream.id, base::Direction::out), out, "w", "rtmpConn",
                         std::nullopt, 1});
    }
    return items;
}

void World::look_page() {
    if (!look_) look_.emplace();
    auto const all = picture();
    auto const first = std::min(look_->next_page() * kPageSize, all.size());
    auto const last = std::min(first + kPageSize, all.size());
    PathListPage page{all.size(), (all.size() + kPageSize - 1) / kPageSize, {}};
    for (auto i = first; i < last; ++i) page.items.push_back(all[i]);
    auto const status = look_->add(std::move(page));
    if (status == PathListAssembler::Status::more) return;
    if (status == PathListAssembler::Status::complete) {
        auto const items = look_->take();
        look_.reset();
        return complete_list(items);
    }
    look_.reset();
    desired_->list_failed(kRouter);
}

// What the control plane does when a stream has waited long enough for its hook.
void World::look_for_late_hooks() {
    for (auto const& [id, router] : desired_->due_looks(now_)) {
        look_at(streams_[static_cast<unsigned>(id.back() - '0')]);
    }
}

// One path is looked at, as after a hook.
void World::look_at(Stream& stream) {
    auto const name = base::stream_path(stream.id, base::Direction::in);
    auto const items = picture();
    auto const item = std::ranges::find(items, name, &PathItem::name);
    auto const* const found = item == items.end() ? nullptr : &*item;
    if (found != nullptr) believe_shown(stream, *found);
    for (auto const& [id, event] :
         desired_->look(kRouter, {stream.id, base::Direction::in}, found, now_)) {
        if (auto const* seen = std::get_if<event::Desired>(&event)) believe_params(stream, *seen);
        tell(stream, event);
    }
    if (found == nullptr) stream.belief.waits_since.reset();
}

void World::complete_list(std::vector<PathItem> const& items) {
    for (auto const& [id, event] : desired_->update(kRouter, items, now_)) {
        auto& stream = streams_[static_cast<unsigned>(id.back() - '0')];
        believe_list(stream, items);
        if (auto const* seen = std::get_if<event::Desired>(&event)) believe_params(stream, *seen);
        tell(stream, event);
    }
    for (auto& stream : streams_) {
        believe_list(stream, items);
        stream.belief.looked_at = false;
        check_output(stream, items);
    }
}

// Takes in what the list itself says of a stream, not what DesiredStreams made of it; once for each
// list.
void World::believe_list(Stream& stream, std::vector<PathItem> const& items) {
    auto& belief = stream.belief;
    if (std::exchange(belief.looked_at, true)) return;
    auto const name = base::stream_path(stream.id, base::Direction::in);
    auto const item = std::ranges::find(items, name, &PathItem::name);
    if (item == items.end()) {
        belief.waits_since.reset();
        if (!belief.tracked || ++belief.absent < setup_.promised.absent_lists) return;
        belief.tracked = false;
        if (!belief.gone_since) belief.gone_since = now_;
        return;
    }
    believe_shown(stream, *item);
}

// The router shows the stream.
void World::believe_shown(Stream& stream, PathItem const& item) {
    auto& belief = stream.belief;
    if (waits_for_its_hook(belief, item)) return;
    if (belief.known && belief.source != item.source_id) {
        forgive(stream);
        // A worker that is still on its way out was started for settings that are kept.
        auto const* state = fleet_->find(stream.id);
        bool const idle = !state || state->kind() == StateKind::idle;
        if (std::exchange(stream.held, false) && idle) belief.params.reset();
    }
    if (!belief.live()) {
        forgive_ended_run(stream);
    }
    if (belief.gone_since) {
        for (auto& process : stream.processes) process.last_told = now_;
    }
    belief.tracked = belief.known = true;
    belief.absent = 0;
    belief.gone_since.reset();
    belief.source = item.source_id;
}

bool World::waits_for_its_hook(Belief& belief, PathItem const& item) const {
    if (!belief.waits_since) belief.waits_since = now_;
    auto const waited = now_ - *belief.waits_since >= setup_.promised.hook_patience;
    auto const told = item.query || belief.hooks.contains(item.source_id);
    if (!belief.tracked && !told && !waited) return true;
    belief.waits_since.reset();
    return false;
}

void World::believe_params(Stream& stream, event::Desired const& seen) {
    auto const& params = seen.session.params;
    if (!params) return;
    auto const differ = stream.belief.params.value_or(Params{}) != *params;
    if (stream.refused_config && differ) forgive(stream);  // other settings may work
    stream.belief.params = params;
}

// --- processes ---

void World::spawn(Stream& stream, action::Spawn const& ask) {
    check_spawn(stream);
    std::erase_if(stream.starts, [&](Time t) { return t <= now_ - setup_.promised.starts_window; });
    stream.starts.push_back(now_);
    auto const pid = next_pid_++;
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    if (stream.plan != Plan::cannot_spawn) {
        Process process;
        process.epoch = epoch_;
        process.generation = ask.generation;
        process.pid = pid;
        process.run_id = ask.run_id;
        process.params = ask.params;
        process.born = process.last_told = now_;
        stream.processes.push_back(process);
        later(kSpawnTakes, {Later::spawn_answer, index, epoch_, pid, {}});
        follow_plan(stream, stream.processes.back());
    } else {
        stream.starts.pop_back();
        later(kSpawnTakes, {Later::spawn_answer,
                            index,
                            epoch_,
                            static_cast<int>(ask.generation),
                            {WorkerExit::Kind::not_started, 0, "no processes left"}});
    }
}

void World::follow_plan(Stream& stream, Process& process) {
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    auto const ready_in = [&](Duration in) {
        later(in, {Later::ready, index, epoch_, process.pid, {}});
        later(in + kTick, {Later::tick, index, epoch_, process.pid, {}});
    };
    auto const die_in = [&](Duration in, WorkerExit exit) {
        later(in, {Later::die, index, epoch_, process.pid, exit});
    };
    auto const delay = stream.plan_delay;
    switch (stream.plan) {
        case Plan::good:
            ready_in(milliseconds{80});
            process.holds = delay > milliseconds{0};
            break;
        case Plan::slow:
            ready_in(seconds{15});
            break;
        case Plan::never_ready:
            process.deaf = delay > seconds{1};
            break;
        case Plan::dies_at_once:
            die_in(milliseconds{5}, {WorkerExit::Kind::signal, SIGSEGV});
            break;
        case Plan::ready_and_dies:
            ready_in(milliseconds{10});
            die_in(delay + milliseconds{15}, {WorkerExit::Kind::code, kExitInternal});
            break;
        case Plan::wrong_config:
            die_in(delay, {WorkerExit::Kind::code, kExitConfiguration});
            break;
        case Plan::exits_zero:
            die_in(delay, {WorkerExit::Kind::code, 0});
            break;
        case Plan::hangs:
            ready_in(milliseconds{10});
            process.hung = true;
            process.deaf = delay > seconds{1};
            break;
        case Plan::cannot_spawn:
        case Plan::count:
            break;
    }
}

Process* World::told(Stream& stream, WorkerHandle handle) {
    auto const it = std::ranges::find_if(stream.processes, [&](Process const& p) {
        return p.epoch == epoch_ && handle_of(p) == handle;
    });
    if (it == stream.processes.end()) {
        fail(stream, "a signal to a worker that is not there");
        return nullptr;
    }
    if (it->confirmed) return &*it;
    fail(stream, "a signal to a worker whose start is not confirmed");
    return nullptr;
}

void World::stop(Stream& stream, WorkerHandle handle) {
    auto* const process = told(stream, handle);
    if (!process) return;
    check_term(stream, *process);
    process->term_at = now_;
    if (!process->alive || process->deaf || process->hung) return;
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    later(kStopTakes, {Later::die, index, epoch_, process->pid, {WorkerExit::Kind::code, 0}});
}

void World::kill(Stream& stream, WorkerHandle handle) {
    auto* const process = told(stream, handle);
    if (!process) return;
    check_kill(stream, *process);
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    auto const asleep = std::max(Duration{}, Duration{process->unkillable_until - now_});
    later(asleep, {Later::die, index, epoch_, process->pid, {WorkerExit::Kind::signal, SIGKILL}});
}

void World::end(Stream& stream, Process& process, WorkerExit exit) {
    if (!process.alive || now_ < process.unkillable_until) return;
    process.alive = false;
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    later(kNoticeTakes, {Later::exit_notice, index, epoch_, process.pid, exit});
}

void World::tick(Stream& stream, Process& process) {
    if (!process.alive) return;
    auto const index = static_cast<unsigned>(&stream - streams_.data());
    later(kTick, {Later::tick, index, epoch_, process.pid, {}});
    if (process.hung) return;
    if (stream.source || process.holds) {
        process.without_source.reset();
        if (process.epoch != epoch_) return;
        process.last_told = now_;
        if (process.told_ready &&
            process.last_told - *process.told_ready >= setup_.promised.healthy_after) {
            forgive(stream);
        }
        if (process.holds) {
            auto const why = stream.source ? "" : "the source is gone";
            tell(stream, event::WorkerStatus{process.generation, "at work", "", why});
        }
        return tell(stream, event::WorkerProgress{process.generation});
    }
    if (!process.without_source) process.without_source = now_;
    if (now_ - *process.without_source >= kSourceLost) end(stream, process, {});
}

Process* World::process_of(Stream& stream, int pid) {
    auto const it = std::ranges::find(stream.processes, pid, &Process::pid);
    return it == stream.processes.end() ? nullptr : &*it;
}

void World::reap(Stream& stream, Deferred const& notice) {
    auto* process = process_of(stream, notice.pid);
    if (!process) return;
    if (process->epoch == epoch_ && !process->confirmed) {
        // It ended before its start was reported; the report of the start still comes first.
        process->confirmed = true;
        tell(stream, event::WorkerSpawned{process->generation, handle_of(*process)});
    }
    auto const ended = *process;
    std::erase_if(stream.processes, [&](Process const& p) { return p.pid == notice.pid; });
    if (ended.epoch != epoch_)
        return;  // it was the child of an earlier service, so nobody reports its exit
    // Only the parent of a process learns its exit code.
    auto const exit = ended.adopted ? WorkerExit{WorkerExit::Kind::unknown, 0} : notice.exit;
    auto const told = ended.term_at && !ended.late_term;
    auto const asked = told || ended.operator_touched;
    bool const refused = setup_.promised.final_refusals && is_refusal(exit);
    if (!asked && (is_configuration_error(exit) || refused)) stream.refused_config = true;
    if (!asked && stream.belief.live()) stream.crashed_at = now_;
    tell(stream, event::WorkerExited{ended.generation, exit});
}

// --- time and the service ---

void World::later(Duration in, Deferred what) {
    agenda_.emplace(now_ + in, what);
}

void World::run_until(Time until) {
    while (!failure_) {
        auto const due = fleet_ ? fleet_->next_deadline() : std::nullopt;
        auto const next = agenda_.empty() ? until : std::min(until, agenda_.begin()->first);
        if (due && *due <= next) {
            now_ = std::max(now_, *due);
            Effects effects;
            fleet_->advance(now_, effects);
            perform(effects);
            continue;
        }
        if (agenda_.empty() || agenda_.begin()->first > until) break;
        now_ = std::max(now_, agenda_.begin()->first);
        auto const what = agenda_.begin()->second;
        agenda_.erase(agenda_.begin());
        fire(what);
        check();
    }
    now_ = until;
}

void World::fire(Deferred const& what) {
    auto& stream = streams_[what.stream];
    auto* process = process_of(stream, what.pid);
    switch (what.what) {
        case Later::spawn_answer:
            if (what.epoch != epoch_) break;
            if (what.exit.kind == WorkerExit::Kind::not_started) {
                stream.crashed_at = now_;
                auto const generation = static_cast<Generation>(what.pid);
                tell(stream, event::SpawnFailed{generation, what.exit.reason});
            } else if (process && !process->confirmed) {
                process->confirmed = true;
                tell(stream, event::WorkerSpawned{process->generation, handle_of(*process)});
            }
            break;
        case Later::ready:
            if (!process || !process->alive) break;
            process->ready = true;
            if (process->epoch != epoch_) break;
            process->last_told = now_;
            if (!process->told_ready) process->told_ready = now_;
            tell(stream, event::WorkerReady{process->generation});
            break;
        case Later::tick:
            if (process) tick(stream, *process);
            break;
        case Later::die:
            if (process) end(stream, *process, what.exit);
            break;
        case Later::exit_notice:
            reap(stream, what);
            break;
    }
}

void World::tell(Stream& stream, Event const& event) {
    if (!fleet_ || failure_) return;
    desired_->note(stream.id, event);  // as the control plane does
    Effects effects;
    fleet_->handle(stream.id, event, now_, effects);
    perform(effects);
}

void World::perform(Effects const& effects) {
    for (auto const& [id, action] : effects.commands) {
        auto& stream = streams_[static_cast<unsigned>(id.back() - '0')];
        if (auto const* ask = std::get_if<action::Spawn>(&action)) spawn(stream, *ask);
        if (auto const* ask = std::get_if<action::Stop>(&action)) stop(stream, ask->handle);
        if (auto const* ask = std::get_if<action::Kill>(&action)) kill(stream, ask->handle);
    }
}

void World::restart_service(Duration down) {
    fleet_.reset();
    desired_.reset();
    look_.reset();
    ++epoch_;
    auto const until = now_ + down;
    while (!agenda_.empty() && agenda_.begin()->first <= until) {
        now_ = std::max(now_, agenda_.begin()->first);
        auto const what = agenda_.begin()->second;
        agenda_.erase(agenda_.begin());
        fire(what);
    }
    now_ = until;
    start_service();
}

void World::start_service() {
    fleet_ = std::make_unique<Fleet>(setup_.policy, 42 + epoch_, setup_.machine);
    desired_ = std::make_unique<DesiredStreams>(setup_.policy);
    desired_->add_router(kRouter);
    for (auto& stream : streams_) {
        forgive(stream);
        stream.belief = {};
        stream.held = false;
        stream.run_to_keep.reset();
        // Nobody reports the exit of workers that ended while the service was down.
        std::erase_if(stream.processes, [](Process const& p) { return !p.alive; });
    }
    if (setup_.adoption) adopt_all();
}

void World::adopt_all() {
    for (auto& stream : streams_) {
        for (auto& process : stream.processes) {
            desired_->add_adopted(stream.id, kRouter);
            stream.belief.tracked = true;
            process.epoch = epoch_;
            process.adopted = true;
            process.confirmed = true;
            process.last_told = now_;
            process.told_ready = now_;
            process.term_at.reset();
            process.late_term = false;
            process.operator_touched = false;
            // Its READY=1 may have been missed. A worker that never was ready is found by its
            // silence.
            tell(stream,
                 event::Adopted{handle_of(process), process.run_id, process.params, {}, kRouter});
            auto const* state = fleet_->find(stream.id);
            auto const* watched = state ? worker(*state) : nullptr;
            if (watched) process.generation = watched->generation;
        }
    }
}

void World::operate(Stream& stream, Event const& event) {
    auto const stop = std::holds_alternative<event::OperatorStop>(event);
    auto const* before = fleet_->find(stream.id);
    if (!before) return;
    if (stop) {
        stream.held |= before->kind() != StateKind::failed && before->kind() != StateKind::idle;
    } else {
        stream.held = false;
        forgive(stream);
    }
    stream.run_to_keep.reset();
    if (!std::holds_alternative<event::OperatorReset>(event)) {
        for (auto& process : stream.processes) process.operator_touched = true;
    }
    tell(stream, event);
}

std::optional<std::string> run_script(Script const& script, Setup const& setup) {
    World world(setup);
    for (auto const& op : script) {
        world.apply(op);
        if (world.failure()) return world.failure();
    }
    world.settle();
    return world.failure();
}

}  // namespace tidegate::orchestrator::model
