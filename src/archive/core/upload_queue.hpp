// Which segment is uploaded next. The segments of a stream go one after another, in the order in
// which they were spooled; streams go side by side. A stream whose upload has failed waits, and the
// others go on. Nothing here is kept over a crash: after it, the queue is filled from the spool
// again. Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace tidegate::archive {

class UploadQueue {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Id = std::uint64_t;  // of a segment; those of a stream ascend

    struct Job {
        Id id;
        std::string stream;
    };

    // Does nothing if the segment is there already, also while it is uploaded.
    void add(Id id, std::string const& stream);
    // The segment that has waited longest, among the first ones of all streams that may go on. Its
    // stream has no other until finished() or failed(). nullopt: none may go on now.
    std::optional<Job> take(Time now);
    // The segment is done with, whether it was uploaded or given up.
    void finished(Job const& job);
    // The segment is to be tried again. random: 64 random bits. Returns the delay.
    std::chrono::milliseconds failed(Job const& job, Time now, std::uint64_t random);

    // When take() may return something; nullopt: not before add(), finished() or failed().
    std::optional<Time> next() const;
    bool knows(Id id) const { return known_.contains(id); }
    std::size_t size() const { return known_.size(); }  // with those that are uploaded just now
    std::size_t under_way() const { return under_way_; }
    std::optional<Id> oldest() const;
    // Streams whose first segment has failed and waits.
    std::size_t waiting_streams() const;

private:
    struct Stream {
        std::set<Id> segments;
        bool busy = false;
        unsigned failures = 0;  // in a row
        Time not_before{};
    };

    std::map<std::string, Stream> streams_;  // those that have segments
    std::set<Id> known_;
    std::size_t under_way_ = 0;
};

}  // namespace tidegate::archive
