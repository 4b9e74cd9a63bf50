// Which readers begin with the pictures that the router has kept (stream/gop_cache.hpp). Players
// do: they show a picture at once. Our own programs do not: they process a live stream, and would
// be behind it by the length of a group of pictures from then on. Pure; any thread.
#pragma once

#include <string_view>

#include "base/lower_case.hpp"

namespace tidegate::router {

// user_agent: what the client calls itself (RTSP's User-Agent, RTMP's flashVer). Who lies about it
// only waits for the next key frame.
inline bool wants_cached_pictures(std::string_view user_agent) {
    return !base::lower_case(user_agent).contains("tidegate stream-");
}

}  // namespace tidegate::router
