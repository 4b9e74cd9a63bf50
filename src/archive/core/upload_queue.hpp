// Which segment is uploaded next. The segments of a stream go one after another, in the order in
// which they were spooled; streams go side by side. A stream whose upload has failed waits, and the
// others go on. When the server refuses a segment again and again, one behind it is tried after
// each further refusal: if the server takes that, the fault is the segment's own, and it is to be
// given up; if not, it may be the bucket's, and all of them wait. Nothing here is kept over a
// crash: after it, the queue is filled from the spool again. Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace tidegate::archive {

// After so many refusals in a row, within about 15 seconds, a segment behind is tried.
inline constexpr unsigned kMaxRefusals = 5;

class UploadQueue {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Id = std::uint64_t;  // of a segment; those of a stream ascend

    struct Job {
        Id id;
        std::string stream;
        // The first segment of the stream, which the server refuses. It is to be given up if this
        // one is uploaded.
        std::optional<Id> passes{};
    };

    // Does nothing if the segment is there already, also while it is uploaded.
    void add(Id id, std::string const& stream);
    // The segment that has waited longest, among the first ones of all streams that may go on. Its
    // stream has no other until finished() or failed(). nullopt: none may go on now.
    std::optional<Job> take(Time now);
    // The segment is done with, whether it was uploaded or given up. passed: the one that it
    // passes was given up.
    void finished(Job const& job, bool passed = false);
    // The segment is to be tried again. random: 64 random bits. refused: the server has not taken
    // this segment, and not for want of ability. Returns the delay.
    std::chrono::milliseconds failed(Job const& job, Time now, std::uint64_t random,
                                     bool refused = false);

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
        unsigned refusals = 0;  // in a row
        bool passing = false;   // one behind the first is tried next, at once
        std::size_t place = 1;  // of that one; those before it were refused, too
        Time not_before{};

        bool may_go_on(Time now) const { return !busy && (passing || not_before <= now); }
        Id first() const { return *segments.begin(); }
    };

    std::map<std::string, Stream> streams_;  // those that have segments
    std::set<Id> known_;
    std::size_t under_way_ = 0;
};

}  // namespace tidegate::archive
