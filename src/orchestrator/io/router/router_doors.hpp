// At which addresses the router lets clients publish and play, from its GET /v3/config/global/get:
// what the dashboard plays from and offers to copy. Pure; any thread.
#pragma once

#include <cstdint>
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
    Door playback;
    bool operator==(RouterDoors const&) const = default;
};

// The ports by which clients reach the router, where these are not the router's own: a container's
// are published under others. 0: the router's own.
struct PublicPorts {
    std::uint16_t rtmp = 0;
    std::uint16_t rtsp = 0;
};
// The same doors, as clients see them.
RouterDoors seen_from_outside(RouterDoors doors, PublicPorts const& ports);

// The error is a sentence.
std::expected<RouterDoors, std::string> parse_router_doors(std::string_view json);

}  // namespace tidegate::orchestrator
