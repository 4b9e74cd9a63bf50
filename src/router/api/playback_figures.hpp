// What the playback server has done, for the metrics. Counted on its event loop and on the threads
// for files; read on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "router/api/metrics_page.hpp"

namespace tidegate::router {

struct PlaybackFigures {
    struct Requests {
        std::atomic<std::uint64_t> answered = 0;
        std::atomic<std::uint64_t> refused = 0;  // by an error, whatever its reason
    };
    Requests list, get;
    std::atomic<std::uint64_t> clients = 0;     // who get a recording now
    std::atomic<std::uint64_t> sent_bytes = 0;  // of recordings

    // path: of the request. Others than ours are not counted.
    void count(std::string_view path, unsigned status);
};

// The figures outlive the block.
MetricsBlock playback_block(PlaybackFigures const& figures);

}  // namespace tidegate::router
