// The whole embedded router, composed: event loops, paths, hooks, servers, and the configuration
// that may change while it runs. Built, run and destroyed by one thread, whose io_context is the
// control loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "config/mediamtx/conf.hpp"
#include "router/api/protocol_module.hpp"
#include "router/stream/gop_cache.hpp"

namespace tidegate::router {

// Hooks still running then are killed: MediaMTX waits for ever (deliberate difference).
inline constexpr std::chrono::seconds kHookShutdownGrace{5};

struct RouterOptions {
    std::size_t threads = 0;  // media event loops; 0: one per core
    std::chrono::milliseconds audio_wait{40};
    std::chrono::milliseconds merge_window{0};
    GopReaders gop_cache{};        // which readers begin with the pictures since the last key frame
    std::size_t memory_limit = 0;  // bytes; 0: default_memory_limit()
    std::chrono::milliseconds drain_time{0};  // see Drain; 0: everybody is cut at the end
};

struct Services;
// The protocols that the router speaks, in the order in which they start and stand in the log. The
// services outlive them.
using MakeModules = std::function<ProtocolModules(Services&)>;

class Router {
public:
    // The file that the configuration was loaded from is watched: a change takes effect at once.
    Router(boost::asio::io_context& control, config::mediamtx::Loaded loaded,
           config::Environment environment, RouterOptions const& options,
           MakeModules const& make_modules);
    ~Router();  // after stop(), or when nothing can be waited for: hooks are left as they are
    Router(Router const&) = delete;
    Router& operator=(Router const&) = delete;

    // Starts all servers, in MediaMTX's order. The error is a sentence for the log; the caller must
    // call stop() then, too.
    std::expected<void, std::string> start();
    // Sends the publishers away (Drain); to be called before stop(). hurry() ends it early.
    boost::asio::awaitable<void> drain();
    void hurry();
    // Closes servers, sessions and streams, runs the unavailable hooks and waits for all hooks.
    boost::asio::awaitable<void> stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::router
