// One run: publishers, then readers at their rates, wait for pictures, settle, measure a window,
// report. One thread, one epoll set.
#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "load/publisher.hpp"
#include "load/reader.hpp"
#include "load/settings.hpp"

namespace tidegate::bench {

// How punctual the load generator itself was, and what it cost.
struct OwnCost {
    Nanoseconds wall = 0;
    Nanoseconds cpu = 0;
    Histogram lateness;  // of units, against their due time
};

class Load {
public:
    explicit Load(LoadSettings settings);
    ~Load();

    // mark("window_begin") and mark("window_end") let the caller look at the server's counters.
    // The result is the report as JSON, also of a run that failed.
    std::string run(std::function<void(std::string const&)> const& mark);

private:
    struct Due {
        Nanoseconds at = 0;
        std::size_t publisher = 0;
        bool video = false;
        bool operator>(Due const& other) const { return at > other.at; }
    };
    using Condition = std::function<bool()>;

    // Turns the loop until the condition holds or the deadline passes: whether it held.
    bool run_until(Nanoseconds deadline, Condition const& condition);
    bool connect_publishers();
    bool connect_readers();
    void measure(std::function<void(std::string const&)> const& mark);

    void add_publisher();
    void add_reader(std::size_t stream);
    void turn(Nanoseconds until);
    void send_due();
    void schedule(std::size_t publisher, Nanoseconds start);
    void begin_window();
    void end_window();

    std::size_t failed_publishers() const;
    std::size_t lost_readers() const;
    bool all_started() const;
    std::string first_failure() const;
    std::string report(std::string const& problem) const;

    LoadSettings const settings_;
    int const epoll_;
    base::Bytes buffer_;
    std::vector<std::unique_ptr<Publisher>> publishers_;
    std::vector<std::size_t> unscheduled_;  // publishers that are not accepted yet
    std::vector<Nanoseconds> starts_;
    std::vector<std::unique_ptr<Reader>> readers_;
    std::vector<std::unique_ptr<Reader>> stalled_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    Measured measured_;
    OwnCost own_;
};

}  // namespace tidegate::bench
