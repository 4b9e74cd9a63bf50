// Our own programs (stream-worker, stream-forwarder), which the router treats in two ways otherwise
// than other clients. They begin without the pictures that the router has kept
// (stream/gop_cache.hpp), because they process a live stream, and would be behind it by the length
// of a group of pictures from then on. And they are not sent away before the router ends
// (app/drain.hpp), because they go when their source goes. Pure; any thread.
#pragma once

#include <string_view>

#include "base/lower_case.hpp"

namespace tidegate::router {

// user_agent: what the client calls itself (RTSP's User-Agent, RTMP's flashVer). Who lies about it
// only waits for the next key frame, and is cut instead of being sent away.
inline bool is_own_program(std::string_view user_agent) {
    return base::lower_case(user_agent).contains("tidegate stream-");
}

// Players do: they show a picture at once.
inline bool wants_cached_pictures(std::string_view user_agent) {
    return !is_own_program(user_agent);
}

}  // namespace tidegate::router
