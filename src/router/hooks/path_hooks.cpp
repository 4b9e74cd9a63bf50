#include "router/hooks/path_hooks.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace tidegate::router {

namespace {

std::string path_prefix(HookSubject const& subject) {
    return "[path " + subject.context.path + "]";
}

// "10.021", with as many decimals as it needs.
std::string seconds_text(std::chrono::nanoseconds time) {
    std::array<char, 64> text{};
    auto const seconds = std::chrono::duration<double>(time).count();
    auto const end =
        std::to_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

}  // namespace

StreamHooks::StreamHooks(Hooks& hooks, HookSubject subject, bool online)
    : hooks_(hooks),
      subject_(std::move(subject)),
      available_by_(subject_.endpoint),
      available_query_(subject_.query) {
    auto const& conf = *subject_.conf;
    available_ = hooks_.start(
        command("runOnAvailable", conf.run_on_available, conf.run_on_available_restart));
    if (online) this->online(subject_.endpoint, subject_.query);
}

void StreamHooks::online(PeerId publisher, std::string query) {
    subject_.endpoint = std::move(publisher);
    subject_.query = std::move(query);
    auto const& conf = *subject_.conf;
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
    subject_.endpoint = available_by_;
    subject_.query = available_query_;
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

void RecordHooks::launch(std::string name, std::string const& text, HookVariables more) const {
    if (text.empty()) return;
    auto variables = base_variables(subject_.context);
    variables.insert(variables.end(), more.begin(), more.end());
    hooks_.launch({path_prefix(subject_), std::move(name), text, false, std::move(variables)});
}

void RecordHooks::created(std::string const& file) const {
    launch("runOnRecordSegmentCreate", subject_.conf->run_on_record_segment_create,
           {{"MTX_SEGMENT_PATH", file}});
}

void RecordHooks::completed(std::string const& file, std::chrono::nanoseconds duration) const {
    launch("runOnRecordSegmentComplete", subject_.conf->run_on_record_segment_complete,
           {{"MTX_SEGMENT_PATH", file}, {"MTX_SEGMENT_DURATION", seconds_text(duration)}});
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
