// Writes lines to a descriptor from a thread of its own. Callers append to a bounded buffer under a
// mutex and never wait for the descriptor; lines that do not fit are dropped and counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace tidegate::log {

// While lines keep coming they are written this often, many in one write; the first after a silence
// goes out at once.
inline constexpr std::chrono::milliseconds kBatchInterval{5};

// At stop, how long a reader of our output that has stalled may hold up the end of the program.
inline constexpr std::chrono::seconds kStopDeadline{2};

enum class Urgency : std::uint8_t { batched, now };

class Writer {
public:
    struct Bounds {
        std::size_t lines;
        std::size_t bytes;
    };
    // report_dropped(count): a line that says so, made once there is room again.
    using ReportDropped = std::function<std::string(std::uint64_t count)>;

    // The descriptor stays its owner's.
    Writer(int fd, Bounds bounds, ReportDropped report_dropped);
    ~Writer();
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;

    // Lines from now on go to this descriptor, which is closed when another takes its place; what
    // waits still goes to the one before. -1: to none.
    void redirect(int fd);

    // One whole line. After stop() it is written directly.
    void append(std::string_view line, Urgency urgency);
    // Writes what waits, at most for kStopDeadline.
    void stop();

private:
    struct Shared;
    static void run(std::shared_ptr<Shared> const& shared);

    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

}  // namespace tidegate::log
