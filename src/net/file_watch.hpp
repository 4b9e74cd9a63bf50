// Watches a file for new content. It has new content when it was written and closed, when another
// file took its place, or when it is a symbolic link that now points elsewhere. On one event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace tidegate::net {

namespace asio = boost::asio;

// Programs often write a file in several steps. It is read this long after the first.
inline constexpr std::chrono::milliseconds kSettleTime{10};
// The time between two calls. Changes in this time are told behind it.
inline constexpr std::chrono::seconds kMinInterval{1};

// Calls on_change after each change, until it is cancelled. It watches the directory of the file
// (inotify), so that the file may be removed and come back. The removal alone is not a change. If
// the directory cannot be watched, it calls on_failure once with the reason, and ends.
asio::awaitable<void> watch_file(std::string file, std::function<void()> on_change,
                                 std::function<void(std::string const&)> on_failure);

}  // namespace tidegate::net
