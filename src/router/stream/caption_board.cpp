#include "router/stream/caption_board.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidegate::router {

bool CaptionBoard::add(media::Caption caption, Clock::time_point now) {
    if (std::ranges::find(languages_, caption.language) == languages_.end()) return false;
    std::lock_guard const lock(mutex_);
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        in_second_ = 0;
    }
    if (++in_second_ > kMaxCaptionsPerSecond) return false;
    kept_.push_back(std::move(caption));
    if (kept_.size() > kKeptCaptions) kept_.pop_front();
    count_.fetch_add(1, std::memory_order_release);
    return true;
}

std::vector<media::Caption> CaptionBoard::since(std::uint64_t& seen) const {
    std::lock_guard const lock(mutex_);
    auto const count = count_.load(std::memory_order_relaxed);
    auto const wanted = std::min<std::uint64_t>(count - std::exchange(seen, count), kept_.size());
    return {std::prev(kept_.end(), static_cast<std::ptrdiff_t>(wanted)), kept_.end()};
}

}  // namespace tidegate::router
