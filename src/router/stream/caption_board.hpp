// The captions of a stream, as its publisher tells them: the last ones, for whoever makes something
// of them. They are no part of the fan-out: who wants them looks here, with the units of their
// time, and a stream without captions has no board. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "media/caption.hpp"

namespace tidegate::router {

// How many captions are kept for readers that come later: those of a minute, in four languages that
// say something each second.
inline constexpr std::size_t kKeptCaptions = 256;
// And how many are taken in a second. Who speaks says one thing in each language at a time.
inline constexpr std::size_t kMaxCaptionsPerSecond = 50;

class CaptionBoard {
public:
    using Clock = std::chrono::steady_clock;

    // REQUIRES: tags, as media::caption_languages() makes them.
    explicit CaptionBoard(std::vector<std::string> languages) : languages_(std::move(languages)) {}

    std::vector<std::string> const& languages() const { return languages_; }

    // Its times are those that readers see. False: it is not taken, for its publisher has not
    // announced this language, or sends too many.
    bool add(media::Caption caption, Clock::time_point now = Clock::now());

    // How many were added.
    std::uint64_t count() const { return count_.load(std::memory_order_acquire); }
    // Those after the first `seen` ones that are still kept. Sets seen to count().
    std::vector<media::Caption> since(std::uint64_t& seen) const;

private:
    std::vector<std::string> const languages_;
    std::atomic<std::uint64_t> count_{0};
    mutable std::mutex mutex_;
    std::deque<media::Caption> kept_;  // guarded by mutex_
    Clock::time_point second_{};       // guarded by mutex_: when the one that is counted began
    std::size_t in_second_ = 0;        // guarded by mutex_
};

}  // namespace tidegate::router
