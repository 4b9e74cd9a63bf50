// What the parts of the HLS server work with. References to objects that outlive them. The web
// loop.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/mediamtx/conf.hpp"
#include "log/log.hpp"
#include "router/hls/items.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

using HlsClock = std::chrono::steady_clock;

// Whose pages may read an answer.
inline constexpr std::string_view kAllowOrigin = "Access-Control-Allow-Origin";

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
