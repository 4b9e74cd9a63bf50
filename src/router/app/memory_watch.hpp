// Watches how much memory the process uses. Above the limit, memory counts as short
// (base::memory_is_short): then publishers whose unfinished messages are larger than
// base::kMaxPeerBytesWhenShort are closed, and readers for whom more than that waits lose pictures.
// On the control loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>

namespace tidegate::router {

namespace asio = boost::asio;

// The default limit is the machine's memory, or the control group's limit where that is lower,
// divided by this. The kernel's socket buffers, the workers and all other programs need the rest. A
// thousand streams of 4 Mbit/s whose readers are two seconds behind use 1 GB.
inline constexpr std::size_t kPartOfMemory = 2;

// How often the use of memory is measured. Meanwhile, 250 MB can arrive on a line of 10 Gbit/s.
inline constexpr std::chrono::milliseconds kMemoryLook{200};

// How often malloc is made to return the freed memory that it keeps, at most. That takes a while.
inline constexpr std::chrono::seconds kMemoryTrimPause{10};

// Returns the limit to use when none is set, in bytes.
std::size_t default_memory_limit();

// Runs until it is cancelled. limit: in bytes.
asio::awaitable<void> watch_memory(std::size_t limit);

}  // namespace tidegate::router
