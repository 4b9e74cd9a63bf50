// Writes lines to a descriptor, on a thread of its own. Callers append to a buffer with a limit and
// never wait for the descriptor. Lines that do not fit are dropped and counted. Any thread.
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

// While lines keep coming they are written this often, many by one write. The first line after a
// silence is written at once.
inline constexpr std::chrono::milliseconds kBatchInterval{5};

// How long stop() waits for a reader of our output that has stalled.
inline constexpr std::chrono::seconds kStopDeadline{2};

enum class Urgency : std::uint8_t { batched, now };  // now: kBatchInterval is not waited for

class Writer {
public:
    struct Bounds {
        std::size_t lines;
        std::size_t bytes;
    };
    // Makes the line that says how many lines were dropped. Called once there is room again.
    using ReportDropped = std::function<std::string(std::uint64_t count)>;

    // The caller owns fd, and keeps it open while the writer uses it. -1: lines go nowhere.
    Writer(int fd, Bounds bounds, ReportDropped report_dropped);
    ~Writer();
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;

    // Lines from now on go to fd; the lines that wait still go to the one before. The writer owns
    // fd, and closes it when another takes its place. -1: lines go nowhere.
    void redirect(int fd);

    // Takes one whole line, with its line feed. After stop() the caller's thread writes it.
    void append(std::string_view line, Urgency urgency);
    // Writes what waits and ends the thread, or returns after kStopDeadline.
    void stop();

private:
    struct Shared;
    static void run(std::shared_ptr<Shared> const& shared);

    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

}  // namespace tidegate::log
