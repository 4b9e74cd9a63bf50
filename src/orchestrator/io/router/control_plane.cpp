#include "orchestrator/io/router/control_plane.hpp"

#include <utility>
#include <variant>

namespace tidegate::orchestrator {

namespace asio = boost::asio;

std::string_view name(OperatorAction action) {
    if (action == OperatorAction::restart) return "restart";
    return action == OperatorAction::stop ? "stop" : "reset";
}

ControlPlane::ControlPlane(asio::io_context& io, ControlPlaneSettings settings,
                           WorkerBackend& backend, ControlPlaneObserver& observer)
    : settings_(std::move(settings)),
      backend_(backend),
      observer_(observer),
      driver_(io, settings_.policy, backend,
              {.transition = [this](auto const& one) { observer_.on_transition(one); },
               .command = [this](auto const& one) { tell_refused_dubs(one); },
               .fence = settings_.fence}),
      desired_(settings_.policy),
      routers_(io,
               {settings_.routers, settings_.router_login, settings_.router_tls,
                settings_.policy.resync_interval},
               *this),
      late_hooks_(io) {}

ControlPlane::~ControlPlane() = default;

std::expected<void, std::string> ControlPlane::start() {
    routers_.open();
    return backend_.open(*this);
}

// Not before: a stream whose running worker is not known yet would seem to need one.
void ControlPlane::on_listed() {
    if (!stopping_) routers_.start();
}

asio::awaitable<void> ControlPlane::stop(bool stop_workers, std::chrono::milliseconds deadline) {
    stopping_ = true;
    late_hooks_.cancel();
    driver_.stop();
    co_await routers_.stop();
    if (stop_workers) co_await driver_.end_workers(Clock::now() + deadline);
    backend_.close();
}

// Whoever has the stream is not asked: another router may have a newer session.
void ControlPlane::hint_ready(std::string_view stream_id, std::string_view source_id,
                              std::string_view query, std::string_view sender) {
    desired_.remember_query(stream_id, source_id, query);
    routers_.look({std::string(stream_id), base::Direction::in}, {}, sender);
    // A source may return because its router was killed, which tells nobody that the output is
    // gone.
    auto const* const known = fleet().find(stream_id);
    if (known != nullptr && known->output_readable) hint_output(stream_id, sender);
}

void ControlPlane::hint_not_ready(std::string_view stream_id, std::string_view source_id,
                                  std::string_view sender) {
    // For a stream that the fleet does not know, the event would mean nothing.
    if (fleet().find(stream_id) != nullptr) {
        handle(stream_id, event::HintNotReady{std::string(source_id)});
    }
    auto const router = desired_.router_of(stream_id);
    routers_.look({std::string(stream_id), base::Direction::in}, router, sender);
}

void ControlPlane::hint_output(std::string_view stream_id, std::string_view sender) {
    auto const router = desired_.router_of(stream_id);
    routers_.look({std::string(stream_id), base::Direction::out}, router, sender);
}

bool ControlPlane::operate(std::string_view stream_id, OperatorAction action) {
    if (fleet().find(stream_id) == nullptr) return false;
    observer_.on_operate(std::string(stream_id), action);
    switch (action) {
        case OperatorAction::restart:
            handle(stream_id, event::OperatorRestart{});
            break;
        case OperatorAction::stop:
            handle(stream_id, event::OperatorStop{});
            break;
        case OperatorAction::reset:
            handle(stream_id, event::OperatorReset{});
            break;
    }
    return true;
}

void ControlPlane::handle(std::string_view stream_id, Event const& event) {
    if (stopping_) return;  // workers that end now are ours to reap, not to replace
    tell_observer(std::string(stream_id), event);
    desired_.note(stream_id, event);
    if (driver_.handle(stream_id, event) != 0) observer_.on_stale_hint(std::string(stream_id));
    if (!std::holds_alternative<event::WorkerProgress>(event)) observer_.on_change(stream_id);
}

void ControlPlane::handle_all(std::vector<StreamEvent> const& events) {
    for (auto const& [stream_id, event] : events) handle(stream_id, event);
    for (auto const& conflict : desired_.take_conflicts()) observer_.on_router_conflict(conflict);
    arm_looks();
}

void ControlPlane::on_worker_event(std::string const& stream_id, Event const& event) {
    if (stopping_) return;
    if (auto const* const adopted = std::get_if<event::Adopted>(&event)) {
        desired_.add_adopted(stream_id, adopted->router);
        observer_.on_worker_adopted(stream_id, adopted->run_id, backend_.pid_of(adopted->handle));
    }
    handle(stream_id, event);
}

void ControlPlane::on_worker_line(std::string const& stream_id, std::string_view line) {
    observer_.on_worker_line(stream_id, line);
}

void ControlPlane::on_worker_caption(std::string const& stream_id, DubCaption const& caption) {
    observer_.on_worker_caption(stream_id, caption);
}

std::vector<StreamView> ControlPlane::views() const {
    auto views = fleet().views();
    for (auto& view : views) complete(view);
    return views;
}

void ControlPlane::complete(StreamView& view) const {
    add_dubs(view);
    if (destinations_of_) view.destinations = destinations_of_(view.stream_id);
    if (desired_.doubled() != 0) view.also_on = desired_.also_on(view.stream_id);
}

// By what the worker runs with; before there is one, by what its publisher asks for.
void ControlPlane::add_dubs(StreamView& view) const {
    if (!settings_.dub.enabled()) return;
    if (view.worker) {
        if (view.worker->params) {
            view.dubs = shown_dubs(settings_.dub, *view.worker->params, view.worker->dubs);
        }
    } else if (view.input_live && view.session && view.session->params) {
        view.dubs = shown_dubs(settings_.dub, *view.session->params, {});
    }
}

void ControlPlane::tell_dub_modes(std::string const& stream_id, event::WorkerStatus const& status) {
    if (status.dubs.empty()) return;
    auto const before = view(stream_id);
    if (!before || !before->worker || before->worker->generation != status.generation) return;
    auto after = *before;
    after.worker->dubs = status.dubs;
    add_dubs(after);
    for (std::size_t i = 0; i < after.dubs.size() && i < before->dubs.size(); ++i) {
        auto const& was = before->dubs[i];
        auto const& is = after.dubs[i];
        if (was.mode != is.mode || was.reason != is.reason) observer_.on_dub_mode(stream_id, is);
    }
}

void ControlPlane::tell_refused_dubs(Command const& command) {
    auto const* const spawn = std::get_if<action::Spawn>(&command.action);
    if (spawn == nullptr) return;
    auto const choice = choose_dub(settings_.dub, spawn->params);
    if (!choice.refused.empty()) observer_.on_dub_refused(command.stream_id, choice.refused);
}

void ControlPlane::tell_observer(std::string const& stream_id, Event const& event) {
    if (auto const* const spawned = std::get_if<event::WorkerSpawned>(&event)) {
        observer_.on_worker_start(stream_id, backend_.pid_of(spawned->handle));
    } else if (auto const* const exited = std::get_if<event::WorkerExited>(&event)) {
        observer_.on_worker_exit(stream_id, exited->exit);
    } else if (auto const* const status = std::get_if<event::WorkerStatus>(&event)) {
        tell_dub_modes(stream_id, *status);
    } else if (std::holds_alternative<event::Desired>(event)) {
        auto const* const known = fleet().find(stream_id);
        if (known == nullptr || !known->output_readable) {
            waiting_for_output_.try_emplace(stream_id, Clock::now());
        }
    } else if (std::holds_alternative<event::NotDesired>(event)) {
        waiting_for_output_.erase(stream_id);
    } else if (auto const* const output = std::get_if<event::OutputReadable>(&event);
               output != nullptr && output->readable) {
        auto const waiting = waiting_for_output_.extract(stream_id);
        if (!waiting.empty()) {
            observer_.on_output_readable(stream_id, Clock::now() - waiting.mapped());
        }
    }
}

// --- what the routers say ---

void ControlPlane::on_router(std::string const& name) {
    desired_.add_router(name);
    observer_.on_router(name, true);
}

void ControlPlane::on_router_gone(std::string const& name) {
    handle_all(desired_.drop_router(name));
    observer_.on_router(name, false);
}

void ControlPlane::on_list(RouterWatch const& router, std::vector<PathItem> const& items,
                           Time asked) {
    handle_all(desired_.update(router.name(), items, asked));
    observer_.on_list(router.name(), items, Clock::now());
    observer_.on_resync(router.status());
}

void ControlPlane::on_list_failed(RouterWatch const& router) {
    handle_all(desired_.list_failed(router.name()));
    observer_.on_resync(router.status());
}

void ControlPlane::on_look(RouterWatch const& router, base::StreamPath const& path,
                           PathItem const* item, Time asked) {
    handle_all(desired_.look(router.name(), path, item, asked));
    observer_.on_look(router.name(), path, item, Clock::now());
}

// What a hook would have told.
void ControlPlane::on_query(RouterWatch const& router, base::StreamPath const& path,
                            PathItem const* item, std::optional<std::string> const& query,
                            Time asked) {
    if (item != nullptr && query) {
        desired_.remember_query(path.stream_id, item->source_id, *query);
    }
    handle_all(desired_.look(router.name(), path, item, asked, false));
    observer_.on_look(router.name(), path, item, Clock::now());
}

void ControlPlane::on_doors(RouterWatch const& router, RouterDoors const& doors) {
    observer_.on_router_doors(router.name(), doors);
}

// --- streams whose hook is late ---

void ControlPlane::arm_looks() {
    auto const due = desired_.next_look_due();
    if (due == armed_for_) return;
    armed_for_ = due;
    late_hooks_.cancel();
    if (!due) return;
    late_hooks_.expires_at(*due);
    late_hooks_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled && !stopping_) look_for_late_hooks();
    });
}

void ControlPlane::look_for_late_hooks() {
    armed_for_.reset();
    for (auto const& [stream_id, router] : desired_.due_looks(Clock::now())) {
        routers_.ask_query({stream_id, base::Direction::in}, router);
    }
    arm_looks();
}

}  // namespace tidegate::orchestrator
