// The threads that write the recordings below one folder. One thread writes parts, in the order in
// which they come; another one brings finished files to the disk, which may take seconds. Whoever
// records never waits: what does not fit into the queue is refused. Recordings below another folder
// may be on another disk, and have threads of their own, so that a disk that hangs stops only what
// is on it. Any thread, unless said otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "recording/sink.hpp"

namespace tidegate::recording {

// How many bytes may wait for a disk: five seconds of fifty recordings of 8 Mbit/s. A disk that is
// further behind will not catch up.
inline constexpr std::size_t kMaxWaiting = std::size_t{256} << 20;
// How many of one recording: a minute of 8 Mbit/s.
inline constexpr std::size_t kMaxWaitingOfOne = std::size_t{64} << 20;
// How many files may wait to be finished, each with a descriptor. Further ones are finished by the
// thread that writes, which slows down whoever makes so short segments.
inline constexpr std::size_t kMaxUnfinished = 64;

struct DiskLimits {
    std::size_t waiting = kMaxWaiting;
    std::size_t waiting_of_one = kMaxWaitingOfOne;
};

class DiskThreads;

class Disk {
public:
    // Throws std::system_error when there can be no further thread.
    explicit Disk(DiskLimits const& limits = {});
    // Nobody is told of anything any more. When it is not idle(), the threads go on by themselves:
    // a disk that hangs keeps nobody from ending.
    ~Disk();
    Disk(Disk const&) = delete;
    Disk& operator=(Disk const&) = delete;

    // Queues a piece. False: there is no room for it; the piece is as before. There
    // always is room for the first piece of a recording, and for a piece without bytes.
    bool submit(std::shared_ptr<Sink> const& sink, Piece&& piece);
    // Whether all is written and finished.
    bool idle() const;

private:
    void start(char const* name, void (DiskThreads::*run)());

    std::shared_ptr<DiskThreads> shared_;
    std::vector<std::thread> threads_;
};

}  // namespace tidegate::recording
