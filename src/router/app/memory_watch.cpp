#include "router/app/memory_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "base/control_group.hpp"
#include "base/memory_pressure.hpp"
#include "log/log.hpp"

namespace tidegate::router {

namespace {

using Clock = std::chrono::steady_clock;

std::size_t pages(long count) {
    return static_cast<std::size_t>(std::max(0L, count)) *
           static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What is resident in memory, 0 if it cannot be told: the second number of statm (proc(5)). Read
// without a stream, whose buffer would be allocated anew each time.
std::size_t memory_taken() {
    int const file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    std::array<char, 128> text{};
    auto const length = ::read(file, text.data(), text.size());
    ::close(file);
    if (length <= 0) return 0;
    std::string_view const numbers(text.data(), static_cast<std::size_t>(length));
    auto const blank = numbers.find(' ');
    if (blank == numbers.npos) return 0;
    long resident = 0;
    auto const second = numbers.substr(blank + 1);
    std::from_chars(second.data(), second.data() + second.size(), resident);
    return pages(resident);
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
                                      base::kMaxPeerBytesWhenShort >> 20));
    }

    std::size_t const limit_;
    Clock::time_point next_trim_{};
};

}  // namespace

std::size_t default_memory_limit() {
    auto const all = pages(::sysconf(_SC_PHYS_PAGES));
    return std::min(all, base::control_group_memory().value_or(all)) / kPartOfMemory;
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
