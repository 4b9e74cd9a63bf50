// What the parts of the HLS server work with. References to objects that outlive them. The web
// loop.
#pragma once

#include <chrono>
#include <string>

#include "config/mediamtx/conf.hpp"
#include "log/log.hpp"
#include "router/hls/items.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

using HlsClock = std::chrono::steady_clock;

struct HlsContext {
    Services& services;
    HlsItems& items;
    config::mediamtx::Hls conf;

    boost::asio::io_context& io() const { return services.web.io(); }
};

// "[HLS] <text>"
inline void log_hls(log::Level level, std::string_view event, std::string const& text) {
    log::write(level, event, "[HLS] " + text);
}

}  // namespace tidegate::router
