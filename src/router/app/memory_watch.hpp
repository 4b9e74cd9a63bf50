// Watches what memory the process takes. Above the limit it is short (base::memory_is_short), and
// publishers with large unfinished messages and readers far behind lose what they hold beyond
// base::kMostWhenShort. On the control loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>

namespace tidegate::router {

namespace asio = boost::asio;

// The part of the machine's memory, or of the control group's limit, that may be taken unless
// somebody says otherwise: the kernel's socket buffers, the workers and all else need the rest. A
// thousand streams whose readers are two seconds behind take 1 GB at 4 Mbit/s.
inline constexpr std::size_t kPartOfMemory = 2;

// Looks so often: some hundred megabytes come in meanwhile on a line of 10 Gbit/s.
inline constexpr std::chrono::milliseconds kMemoryLook{200};

// Freed memory that malloc keeps is asked back this often at most, for it takes a while.
inline constexpr std::chrono::seconds kMemoryTrimPause{10};

// Bytes.
std::size_t default_memory_limit();

// Until cancelled.
asio::awaitable<void> watch_memory(std::size_t limit);

}  // namespace tidegate::router
