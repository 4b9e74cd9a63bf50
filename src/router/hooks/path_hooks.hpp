// The pairs of hooks, such as runOnRead and runOnUnread. Each object starts the first command when
// it is made and runs the second when it is stopped or destroyed, so one never comes without the
// other. One thread at a time; never blocks.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "config/mediamtx/conf.hpp"
#include "router/hooks/hooks.hpp"
#include "router/model/path_info.hpp"

namespace tidegate::router {

// What a hook is about: the path, its entry in the configuration, and who has caused the hook.
struct HookSubject {
    config::mediamtx::PathConfPtr conf;
    HookContext context;
    std::string query;
    PeerId endpoint;  // the publisher or the reader
};

// runOnAvailable and runOnOnline with their runOnOffline and runOnUnavailable.
class StreamHooks {
public:
    // online: false on a path that is always available, until online() is called.
    StreamHooks(Hooks& hooks, HookSubject subject, bool online = true);
    // A publisher has come: runOnOnline and runOnOffline know it from here on.
    void online(PeerId publisher, std::string query);
    // Run runOnOffline and runOnUnavailable, with the same variables as at the start. Call each
    // once, offline() once for each time that it was online.
    void offline();
    void unavailable();

private:
    HookCommand command(std::string name, std::string const& text, bool restart = false) const;

    Hooks& hooks_;
    HookSubject subject_;
    PeerId available_by_;  // and with that query
    std::string available_query_;
    HookId available_ = HookId::none;
    HookId online_ = HookId::none;
};

// runOnInit: it runs for as long as the path exists.
class InitHook {
public:
    InitHook(Hooks& hooks, HookSubject const& subject);
    ~InitHook();
    InitHook(InitHook const&) = delete;
    InitHook& operator=(InitHook const&) = delete;

private:
    Hooks& hooks_;
    HookId init_ = HookId::none;
};

// runOnDemand with its runOnUnDemand.
class DemandHooks {
public:
    DemandHooks(Hooks& hooks, HookSubject subject);
    void stop(std::string_view reason);  // once

private:
    HookCommand command(std::string name, std::string const& text, bool restart = false) const;

    Hooks& hooks_;
    HookSubject subject_;
    HookId demand_ = HookId::none;
};

// runOnRead with its runOnUnread. prefix: the reader's in the log, "[RTSP] [session 1f2e3d4c]".
class ReadHooks {
public:
    ReadHooks(Hooks& hooks, std::string prefix, HookSubject subject);
    ~ReadHooks();
    ReadHooks(ReadHooks const&) = delete;
    ReadHooks& operator=(ReadHooks const&) = delete;

private:
    HookCommand command(std::string name, std::string const& text, bool restart = false) const;

    Hooks& hooks_;
    std::string prefix_;
    HookSubject subject_;
    HookId read_ = HookId::none;
};

// runOnRecordSegmentCreate and runOnRecordSegmentComplete. No pair: a file that cannot be finished
// is never complete. Any thread.
class RecordHooks {
public:
    RecordHooks(Hooks& hooks, HookSubject subject) : hooks_(hooks), subject_(std::move(subject)) {}
    void created(std::string const& file) const;
    void completed(std::string const& file, std::chrono::nanoseconds duration) const;

private:
    void launch(std::string name, std::string const& text, HookVariables more) const;

    Hooks& hooks_;
    HookSubject const subject_;
};

// runOnConnect with its runOnDisconnect. prefix: the connection's in the log,
// "[RTMP] [conn 10.0.0.5:40000]".
class ConnectionHooks {
public:
    ConnectionHooks(Hooks& hooks, config::mediamtx::Global const& global, std::string prefix,
                    PeerId connection);
    ~ConnectionHooks();
    ConnectionHooks(ConnectionHooks const&) = delete;
    ConnectionHooks& operator=(ConnectionHooks const&) = delete;

private:
    Hooks& hooks_;
    std::string prefix_;
    std::string on_disconnect_;
    HookVariables variables_;
    HookId connect_ = HookId::none;
};

}  // namespace tidegate::router
