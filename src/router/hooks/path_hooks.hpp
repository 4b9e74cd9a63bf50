// The hook pairs of a path (contract §2.2, §2.3): each object starts its commands when made and
// runs the undoing ones when stopped, so that the two can never drift apart. One thread at a time;
// never blocks.
#pragma once

#include <string>

#include "config/mediamtx/conf.hpp"
#include "router/hooks/hooks.hpp"
#include "router/model/path_info.hpp"

namespace tidegate::router {

// Where a hook belongs: its path, the entry that configures it, and who set it off.
struct HookSubject {
    config::mediamtx::PathConfPtr conf;
    HookContext context;
    std::string query;
    Endpoint endpoint;  // the publisher or the reader
};

// runOnAvailable and runOnOnline with their runOnOffline and runOnUnavailable.
class StreamHooks {
public:
    StreamHooks(Hooks& hooks, HookSubject subject);
    // "Offline" and "unavailable" with the same values as the start; once.
    void offline();
    void unavailable();

private:
    HookCommand command(std::string name, std::string const& text, bool restart = false) const;

    Hooks& hooks_;
    HookSubject subject_;
    HookId available_ = HookId::none;
    HookId online_ = HookId::none;
};

// runOnInit, for as long as the path exists.
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

// runOnRead with its runOnUnread; prefix is the reader's: "[RTSP] [session 1f2e3d4c]".
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

// runOnConnect with its runOnDisconnect; prefix is the connection's: "[RTMP]
// [conn 10.0.0.5:40000]".
class ConnectionHooks {
public:
    ConnectionHooks(Hooks& hooks, config::mediamtx::Global const& global, std::string prefix,
                    Endpoint connection);
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
