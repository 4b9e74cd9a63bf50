// The page with a player for one path. It has no script: a browser that plays HLS takes the
// playlist, any other one takes live.mp4. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace tidegate::router {

// path: the stream's name. query: the client's, raw; the player asks with it, too. Its options
// controls, muted, autoplay, playsinline and disablepictureinpicture are those of MediaMTX's page.
http::Response hls_page(std::string_view path, std::string_view query);

}  // namespace tidegate::router
