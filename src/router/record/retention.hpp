// Removes recordings that are older than recordDeleteAfter: at the start, and then every half hour,
// or after half of the shortest such time if that is less, as in MediaMTX. It has a thread of its
// own, because a walk through a day of recordings takes as long as the disk needs. Any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "config/mediamtx/conf.hpp"

namespace tidegate::router {

inline constexpr std::chrono::minutes kCleaningPeriod{30};
// It never runs more often than this, whatever the settings.
inline constexpr std::chrono::milliseconds kLeastCleaningPeriod{500};
// How long the router waits at its end for a cleaning that is under way.
inline constexpr std::chrono::seconds kCleaningGrace{1};

class Retention {
public:
    // in_use: whether a file is still being written. Called on the thread; what it refers to lives
    // as long as itself.
    Retention(config::mediamtx::Conf const& conf,
              std::function<bool(std::filesystem::path const&)> in_use);
    // Leaves a thread that hangs to itself.
    ~Retention();

    // The configuration that holds from the next cleaning on.
    void configure(config::mediamtx::Conf const& conf);

private:
    class Work;
    std::shared_ptr<Work> work_;
    std::thread thread_;
};

}  // namespace tidegate::router
