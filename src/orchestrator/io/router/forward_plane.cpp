#include "orchestrator/io/router/forward_plane.hpp"

#include <utility>
#include <variant>

namespace tidegate::orchestrator {

namespace asio = boost::asio;

Policy forward_policy(Policy workers, std::size_t max_forwarders) {
    workers.max_workers = max_forwarders;
    workers.final_refusals = true;
    workers.output_delay = {};
    workers.worker_noun = "forwarder";
    workers.source_noun = "stream's output";
    return workers;
}

ForwardPlane::ForwardPlane(asio::io_context& io, Policy policy, Egress& egress,
                           WorkerBackend& backend, ForwardObserver& observer, Streams streams,
                           std::shared_ptr<net::Fence const> fence)
    : policy_(policy),
      egress_(egress),
      backend_(backend),
      observer_(observer),
      streams_(std::move(streams)),
      driver_(io, policy_, backend,
              {.transition =
                   [this](Transition const& transition) {
                       if (auto const name = parse_forward_name(transition.stream_id)) {
                           observer_.on_forward_transition(*name, transition);
                       }
                   },
               .command = {},
               .fence = std::move(fence)}),
      desired_(
          policy_, [this](std::string const& id) { return egress_.wanted(id); },
          streams_.router_of) {}

std::expected<void, std::string> ForwardPlane::start() {
    return backend_.open(*this);
}

asio::awaitable<void> ForwardPlane::stop(bool stop_forwarders, std::chrono::milliseconds deadline) {
    stopping_ = true;
    driver_.stop();
    if (stop_forwarders) co_await driver_.end_workers(Clock::now() + deadline);
    backend_.close();
}

void ForwardPlane::on_router(std::string const& router, bool there) {
    if (there) return desired_.add_router(router);
    if (!stopping_) handle_all(desired_.drop_router(router));
}

// Not before the running forwarders are known: a destination that has one would seem to need one.
void ForwardPlane::on_list(std::string const& router, std::vector<PathItem> const& items) {
    if (!listed_ || stopping_) return;
    egress_.poll();
    handle_all(desired_.update(router, items));
    forget_phases();
}

void ForwardPlane::on_look(std::string const& router, PathItem const& item) {
    if (listed_ && !stopping_) handle_all(desired_.look(router, item));
}

// A stream that had no destination is not known yet.
void ForwardPlane::refresh(std::string const& stream_id) {
    if (!listed_ || stopping_) return;
    handle_all(desired_.refresh());
    streams_.look(stream_id);
}

bool ForwardPlane::restart(ForwardName const& name) {
    auto const forward = forward_name(name.stream_id, name.destination);
    if (fleet().find(forward) == nullptr) return false;
    driver_.handle(forward, event::OperatorRestart{});
    return true;
}

void ForwardPlane::handle_all(std::vector<StreamEvent> const& events) {
    for (auto const& [name, event] : events) driver_.handle(name, event);
}

std::vector<DestinationView> ForwardPlane::views(std::string const& stream_id) const {
    std::vector<DestinationView> all;
    for (auto& shown : egress_.list(stream_id)) {
        auto const* const state = fleet().find(forward_name(stream_id, shown.name));
        all.push_back(view_destination(std::move(shown), state, policy_));
    }
    return all;
}

std::optional<DestinationView> ForwardPlane::view(ForwardName const& name) const {
    for (auto& one : views(name.stream_id)) {
        if (one.shown.name == name.destination) return std::move(one);
    }
    return std::nullopt;
}

void ForwardPlane::on_worker_event(std::string const& name, Event const& event) {
    auto const forward = parse_forward_name(name);
    if (stopping_ || !forward) return;
    if (auto const* const adopted = std::get_if<event::Adopted>(&event)) {
        desired_.add_adopted(name, adopted->router);
    }
    tell_observer(*forward, event);
    driver_.handle(name, event);
    if (std::holds_alternative<event::WorkerStatus>(event)) tell_phase(*forward);
}

void ForwardPlane::on_worker_line(std::string const& name, std::string_view line) {
    if (auto const forward = parse_forward_name(name)) observer_.on_forward_line(*forward, line);
}

void ForwardPlane::tell_observer(ForwardName const& name, Event const& event) {
    if (auto const* const spawned = std::get_if<event::WorkerSpawned>(&event)) {
        observer_.on_forward_start(name, backend_.pid_of(spawned->handle));
    } else if (auto const* const adopted = std::get_if<event::Adopted>(&event)) {
        observer_.on_forward_adopted(name, backend_.pid_of(adopted->handle));
    } else if (auto const* const exited = std::get_if<event::WorkerExited>(&event)) {
        observer_.on_forward_exit(name, exited->exit);
    }
}

void ForwardPlane::tell_phase(ForwardName const& name) {
    auto const now = view(name);
    if (!now || now->report.phase.empty()) return;
    std::pair const phase{now->state, now->report.error};
    auto& told = phases_[forward_name(name.stream_id, name.destination)];
    if (std::exchange(told, phase) != phase) observer_.on_forward_phase(name, *now);
}

void ForwardPlane::forget_phases() {
    std::erase_if(phases_, [&](auto const& one) { return fleet().find(one.first) == nullptr; });
}

}  // namespace tidegate::orchestrator
