// Where one run of a recorder puts its pieces: the files of a path, one after the other. It is made
// by whoever records, and used by the threads of a Disk (disk.hpp), which own all that is below
// "the disk's threads". What the atomics count may be read by any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "recording/path_template.hpp"
#include "recording/segment_file.hpp"
#include "recording/segments.hpp"

namespace tidegate::recording {

// What has been written by all runs of a recorder, and what waits.
struct WriteCounters {
    std::atomic<std::size_t> waiting{0};  // bytes
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> segments{0};  // begun
    std::atomic<std::uint64_t> errors{0};
    // Pieces that could not be written, and those that came after an error.
    std::atomic<std::uint64_t> lost_bytes{0};
    std::atomic<std::uint64_t> lost_units{0};

    void lose(Piece const& piece) {
        lost_bytes.fetch_add(piece.bytes.size, std::memory_order_relaxed);
        lost_units.fetch_add(piece.units, std::memory_order_relaxed);
    }
};

// Called by the disk's threads, in this order for each file.
struct SinkEvents {
    std::function<void(std::filesystem::path const& file)> created;  // its first part is written
    std::function<void(std::filesystem::path const& file, base::Timestamp duration)> completed;
    // Once: nothing more will be written by this run.
    std::function<void(std::string const& why)> failed;
};

struct SinkSettings {
    PathTemplate names;
    Format format = Format::fmp4;
    std::string path_name;
};

class Sink {
public:
    Sink(SinkSettings settings, SinkEvents events, std::shared_ptr<WriteCounters> counters)
        : settings_(std::move(settings)),
          events_(std::move(events)),
          counters_(std::move(counters)) {}

    // Nothing more is written; what waits is dropped and counted.
    bool broken() const { return broken_.load(std::memory_order_relaxed); }

private:
    friend class Disk;
    friend class DiskThreads;

    SinkSettings const settings_;
    SinkEvents const events_;
    std::shared_ptr<WriteCounters> const counters_;
    std::atomic<bool> broken_{false};

    // The disk's threads: the one that writes.
    std::optional<SegmentFile> file_;
    base::Timestamp reached_{};
};

}  // namespace tidegate::recording
