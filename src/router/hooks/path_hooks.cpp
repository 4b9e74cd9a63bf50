#include "router/hooks/path_hooks.hpp"

#include <utility>

namespace tidegate::router {

namespace {

std::string path_prefix(HookSubject const& subject) {
    return "[path " + subject.context.path + "]";
}

}  // namespace

StreamHooks::StreamHooks(Hooks& hooks, HookSubject subject)
    : hooks_(hooks), subject_(std::move(subject)) {
    auto const& conf = *subject_.conf;
    available_ = hooks_.start(
        command("runOnAvailable", conf.run_on_available, conf.run_on_available_restart));
    online_ = hooks_.start(command("runOnOnline", conf.run_on_online, conf.run_on_online_restart));
}

HookCommand StreamHooks::command(std::string name, std::string const& text, bool restart) const {
    if (text.empty()) return {};
    return {path_prefix(subject_), std::move(name), text, restart,
            source_variables(subject_.context, subject_.query, subject_.endpoint.type,
                             subject_.endpoint.id)};
}

void StreamHooks::offline() {
    hooks_.stop(std::exchange(online_, HookId::none));
    hooks_.launch(command("runOnOffline", subject_.conf->run_on_offline));
}

void StreamHooks::unavailable() {
    hooks_.stop(std::exchange(available_, HookId::none));
    hooks_.launch(command("runOnUnavailable", subject_.conf->run_on_unavailable));
}

InitHook::InitHook(Hooks& hooks, HookSubject const& subject) : hooks_(hooks) {
    auto const& conf = *subject.conf;
    init_ = hooks_.start({path_prefix(subject), "runOnInit", conf.run_on_init,
                          conf.run_on_init_restart, base_variables(subject.context), true});
}

InitHook::~InitHook() {
    hooks_.stop(init_);
}

DemandHooks::DemandHooks(Hooks& hooks, HookSubject subject)
    : hooks_(hooks), subject_(std::move(subject)) {
    auto const& conf = *subject_.conf;
    demand_ = hooks_.start(command("runOnDemand", conf.run_on_demand, conf.run_on_demand_restart));
}

void DemandHooks::stop(std::string_view reason) {
    hooks_.stop(std::exchange(demand_, HookId::none), reason);
    hooks_.launch(command("runOnUnDemand", subject_.conf->run_on_undemand));
}

HookCommand DemandHooks::command(std::string name, std::string const& text, bool restart) const {
    if (text.empty()) return {};
    return {path_prefix(subject_),
            std::move(name),
            text,
            restart,
            demand_variables(subject_.context, subject_.query),
            true};
}

ReadHooks::ReadHooks(Hooks& hooks, std::string prefix, HookSubject subject)
    : hooks_(hooks), prefix_(std::move(prefix)), subject_(std::move(subject)) {
    auto const& conf = *subject_.conf;
    read_ = hooks_.start(command("runOnRead", conf.run_on_read, conf.run_on_read_restart));
}

ReadHooks::~ReadHooks() {
    hooks_.stop(read_);
    hooks_.launch(command("runOnUnread", subject_.conf->run_on_unread));
}

HookCommand ReadHooks::command(std::string name, std::string const& text, bool restart) const {
    if (text.empty()) return {};
    return {prefix_,
            std::move(name),
            text,
            restart,
            reader_variables(subject_.context, subject_.query, subject_.endpoint.type,
                             subject_.endpoint.id),
            true};
}

ConnectionHooks::ConnectionHooks(Hooks& hooks, config::mediamtx::Global const& global,
                                 std::string prefix, PeerId connection)
    : hooks_(hooks), prefix_(std::move(prefix)), on_disconnect_(global.run_on_disconnect) {
    if (global.run_on_connect.empty() && on_disconnect_.empty()) return;
    variables_ =
        connection_variables(rtsp_port_of(global.rtsp_address), connection.type, connection.id);
    connect_ = hooks_.start({prefix_, "runOnConnect", global.run_on_connect,
                             global.run_on_connect_restart, variables_, true});
}

ConnectionHooks::~ConnectionHooks() {
    hooks_.stop(connect_);
    hooks_.launch({prefix_, "runOnDisconnect", on_disconnect_, false, variables_});
}

}  // namespace tidegate::router
