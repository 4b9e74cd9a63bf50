// What every protocol of the router works with. References to objects that outlive all sessions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>

#include "net/event_loop.hpp"
#include "net/file_threads.hpp"
#include "router/auth/access_control.hpp"
#include "router/hooks/hooks.hpp"
#include "router/model/config_store.hpp"
#include "router/paths/paths.hpp"

namespace tidegate::router {

using EventLoops = std::span<std::unique_ptr<net::EventLoop> const>;

struct Services {
    boost::asio::io_context& control;  // where listeners are opened and closed
    EventLoops loops;                  // where sessions run
    // Where players are served over HTTP: a loop of its own, since thousands of them ask at the
    // same moment, whenever a piece of media is finished. Streams have an outlet for it like for
    // the others.
    net::EventLoop& web;
    Paths& paths;
    Hooks& hooks;
    ConfigStore& config;
    AccessControl& auth;
    net::FileThreads& files;  // what reads recordings runs there
};

}  // namespace tidegate::router
