// Tells when a file has a new content: written and closed, replaced by another, or behind a
// symbolic link that points elsewhere now (contract §1.8). One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace tidegate::router {

// A writer often touches a file several times in a row: it is left to finish.
inline constexpr std::chrono::milliseconds kSettleTime{10};
// Between two calls. MediaMTX drops what happens in that time; here it is told afterwards.
inline constexpr std::chrono::seconds kMinInterval{1};

// Until it is cancelled. The parent directory is watched (inotify), so that the file may be removed
// and come back; its removal alone is no change. A directory that cannot be watched is logged.
boost::asio::awaitable<void> watch_file(std::string file, std::function<void()> on_change);

}  // namespace tidegate::router
