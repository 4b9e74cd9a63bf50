#include "router/app/memory_watch.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <limits>
#include <string>

#include "base/memory_pressure.hpp"
#include "log/log.hpp"

namespace tidegate::router {

namespace {

using Clock = std::chrono::steady_clock;

std::size_t pages(long count) {
    return static_cast<std::size_t>(std::max(0L, count)) *
           static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// The limit of our control group (cgroup v2); none where it is "max" or cannot be read.
std::size_t control_group_limit() {
    constexpr auto kNone = std::numeric_limits<std::size_t>::max();
    std::ifstream groups("/proc/self/cgroup");
    std::string line;
    while (std::getline(groups, line)) {
        if (!line.starts_with("0::")) continue;
        std::ifstream file("/sys/fs/cgroup" + line.substr(3) + "/memory.max");
        std::size_t bytes = 0;
        return file >> bytes ? bytes : kNone;
    }
    return kNone;
}

// Resident: the second number of statm (proc(5)). 0 where it cannot be read.
std::size_t memory_taken() {
    std::ifstream file("/proc/self/statm");
    long all = 0;
    long resident = 0;
    return file >> all >> resident ? pages(resident) : 0;
}

class MemoryWatch {
public:
    explicit MemoryWatch(std::size_t limit) : limit_(limit) {}

    void look() {
        auto taken = memory_taken();
        if (taken > limit_ && Clock::now() >= next_trim_) {
            ::malloc_trim(0);
            next_trim_ = Clock::now() + kMemoryTrimPause;
            taken = memory_taken();
        }
        bool const is_short = taken > limit_;
        if (is_short == base::memory_is_short()) return;
        base::set_memory_is_short(is_short);
        tell(is_short, taken);
    }

private:
    void tell(bool is_short, std::size_t taken) const {
        auto const line =
            fmt::format("memory: {} MiB are taken, the limit is {} MiB", taken >> 20, limit_ >> 20);
        if (!is_short) return log::write(log::Level::info, "memory.enough", line);
        log::write(log::Level::warn, "memory.short",
                   line + fmt::format(": publishers with larger unfinished messages than {} MiB "
                                      "are closed, readers further behind lose pictures",
                                      base::kMostWhenShort >> 20));
    }

    std::size_t const limit_;
    Clock::time_point next_trim_{};
};

}  // namespace

std::size_t default_memory_limit() {
    return std::min(pages(::sysconf(_SC_PHYS_PAGES)), control_group_limit()) / kPartOfMemory;
}

asio::awaitable<void> watch_memory(std::size_t limit) {
    MemoryWatch watch(limit);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        watch.look();
        timer.expires_after(kMemoryLook);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace tidegate::router
