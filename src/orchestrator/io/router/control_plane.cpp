#include "orchestrator/io/router/control_plane.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <variant>

#include "base/stream_id.hpp"
#include "log/log.hpp"
#include "orchestrator/io/router/recorded_spans.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

namespace {

// A router tells of this many entries at once. Paths of further ones are not shown as recorded.
constexpr std::string_view kPathEntries = "/v3/config/paths/list?itemsPerPage=1000";

}  // namespace

std::string_view name(OperatorAction action) {
    if (action == OperatorAction::restart) return "restart";
    return action == OperatorAction::stop ? "stop" : "reset";
}

ControlPlane::ControlPlane(asio::io_context& io, ControlPlaneSettings settings,
                           WorkerBackend& backend, ControlPlaneObserver& observer)
    : io_(io),
      settings_(std::move(settings)),
      backend_(backend),
      observer_(observer),
      driver_(io, settings_.policy, backend,
              {.transition = [this](auto const& one) { observer_.on_transition(one); },
               .command = [this](auto const& one) { tell_refused_dubs(one); }}),
      desired_(settings_.policy),
      api_({settings_.router_api, settings_.router_login, settings_.router_tls}, kResyncDeadline),
      list_(api_),
      tasks_(io,
             [](std::string const& name, std::string const& what) {
                 log::write(log::Level::error, "task.failed", name + ": " + what);
             }),
      wake_(io) {}

ControlPlane::~ControlPlane() = default;

std::expected<void, std::string> ControlPlane::start() {
    return backend_.open(*this);
}

// Not before: a stream whose running worker is not known yet would seem to need one.
void ControlPlane::on_listed() {
    if (!stopping_) tasks_.spawn("resync", resync_for_ever());
}

asio::awaitable<void> ControlPlane::stop(bool stop_workers, std::chrono::milliseconds deadline) {
    stopping_ = true;
    wake_.cancel();
    driver_.stop();
    tasks_.stop();
    co_await tasks_.join();
    if (stop_workers) co_await driver_.end_workers(Clock::now() + deadline);
    backend_.close();
}

void ControlPlane::hint_ready(std::string_view stream_id, std::string_view source_id,
                              std::string_view query) {
    desired_.remember_query(stream_id, source_id, query);
    hinted("in/" + std::string(stream_id));
}

void ControlPlane::hint_not_ready(std::string_view stream_id, std::string_view source_id) {
    // For a stream that the fleet does not know, the event would mean nothing.
    if (fleet().find(stream_id) != nullptr) {
        handle(stream_id, event::HintNotReady{std::string(source_id)});
    }
    hinted("in/" + std::string(stream_id));
}

void ControlPlane::hint_output(std::string_view stream_id) {
    hinted("out/" + std::string(stream_id));
}

void ControlPlane::hinted(std::string hint) {
    auto const now = Clock::now();
    auto const [last, is_first] = hints_.try_emplace(std::move(hint), now);
    if (!is_first && now - last->second < kHintSpacing)
        return resync_at(last->second + kHintSpacing);
    last->second = now;
    resync_at(now);
}

void ControlPlane::resync_at(Time when) {
    if (when >= next_resync_) return;
    next_resync_ = when;
    wake_.cancel();
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
    if (driver_.handle(stream_id, event) != 0) observer_.on_stale_hint(std::string(stream_id));
}

void ControlPlane::on_worker_event(std::string const& stream_id, Event const& event) {
    if (stopping_) return;
    if (auto const* const adopted = std::get_if<event::Adopted>(&event)) {
        desired_.add_adopted(stream_id);
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

asio::awaitable<void> ControlPlane::resync_for_ever() {
    while (!stopping_) {
        next_resync_ = Time::max();  // hints that come from now on want another one
        co_await resync();
        if (stopping_) co_return;
        auto const now = Clock::now();
        std::erase_if(hints_, [&](auto const& hint) { return now - hint.second > kHintSpacing; });
        resync_at(now + settings_.policy.resync_interval);
        if (auto const due = desired_.next_list_due()) resync_at(*due);
        boost::system::error_code ignored;
        while (!stopping_) {
            auto const due = std::max(next_resync_, now + kResyncSpacing);
            if (Clock::now() >= due) break;
            wake_.expires_at(due);
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
}

asio::awaitable<void> ControlPlane::resync() {
    auto const started = Clock::now();
    auto items = co_await list_.fetch();
    if (stopping_) co_return;
    auto const now = Clock::now();
    list_status_.took = now - started;
    if (!items) {
        list_status_.error = items.error();
        next_look_at_doors_ = {};  // it may come back with another configuration
        desired_.list_failed();
    } else {
        list_status_.error.clear();
        list_status_.last_complete = now;
        for (auto& item : *items) item.recorded = recorded_entries_.contains(item.entry);
        observer_.on_list(*items, now);
        for (auto const& [stream_id, event] : desired_.update(*items, started)) {
            handle(stream_id, event);
        }
    }
    observer_.on_resync(list_status_);
    if (items) co_await look_at_doors();
}

// After the list, which is what workers wait for. A failure leaves what is known.
asio::awaitable<void> ControlPlane::look_at_doors() {
    if (Clock::now() < next_look_at_doors_) co_return;
    next_look_at_doors_ = Clock::now() + kDoorsInterval;
    co_await look_at_doors_of_clients();
    if (!stopping_) co_await look_what_is_recorded();
}

// A path that is the first to be recorded is shown so after the next list.
asio::awaitable<void> ControlPlane::look_what_is_recorded() {
    auto const body = co_await api_.get(std::string(kPathEntries));
    if (stopping_ || !body) co_return;
    if (auto entries = parse_recording_entries(*body)) recorded_entries_ = *std::move(entries);
}

asio::awaitable<void> ControlPlane::look_at_doors_of_clients() {
    auto const body = co_await api_.get("/v3/config/global/get");
    if (stopping_ || !body) co_return;
    auto doors = parse_router_doors(*body);
    if (!doors || doors_ == *doors) co_return;
    doors_ = *std::move(doors);
    observer_.on_router_doors(*doors_);
}

}  // namespace tidegate::orchestrator
