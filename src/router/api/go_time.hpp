// The times of the playback server's requests. Pure; any thread.
#pragma once

#include "base/go_time.hpp"

namespace tidegate::router {

using base::GoTime;
using base::parse_clip_duration;
using base::parse_go_time;

}  // namespace tidegate::router
