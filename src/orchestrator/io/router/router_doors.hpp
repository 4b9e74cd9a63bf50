// At which addresses the router lets clients publish and play, from its GET /v3/config/global/get:
// what the dashboard plays from and offers to copy. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tidegate::orchestrator {

// One listener of the router.
struct Door {
    bool open = false;
    std::string address;     // ":8888", "127.0.0.1:1935"
    bool encrypted = false;  // TLS only
    bool operator==(Door const&) const = default;
};

struct RouterDoors {
    Door rtmp;
    Door rtsp;
    Door hls;
    Door webrtc;
    Door srt;
    bool operator==(RouterDoors const&) const = default;
};

// The error is a sentence.
std::expected<RouterDoors, std::string> parse_router_doors(std::string_view json);

}  // namespace tidegate::orchestrator
