// What the handlers of the HTTP servers work on; all of it outlives the servers.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "net/file_threads.hpp"
#include "router/api/playback_figures.hpp"
#include "router/auth/access_control.hpp"
#include "router/model/config_store.hpp"
#include "router/paths/paths_view.hpp"

namespace tidegate::router {

class ProtocolModule;

struct ApiContext {
    PathsView const& paths;
    ConfigStore& config;
    AccessControl& auth;
    net::FileThreads& files;  // what reads recordings runs there
    WallTime started;
    std::span<std::unique_ptr<ProtocolModule> const> modules{};
    std::string version = "v1.20.1";  // MediaMTX's, whose interfaces these are
    // Takes a changed document (config::mediamtx::Conf::document) as the configuration; the error
    // is what is wrong with it. What the change does to paths and servers may follow later.
    std::function<std::expected<void, std::string>(boost::json::object)> accept_config{};
    std::shared_ptr<PlaybackFigures> playback = std::make_shared<PlaybackFigures>();
};

}  // namespace tidegate::router
