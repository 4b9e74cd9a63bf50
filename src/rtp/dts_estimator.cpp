#include "rtp/dts_estimator.hpp"

#include <algorithm>

namespace tidegate::rtp {

namespace {

// The assumed distance of pictures before the first one. With any value dts rises.
constexpr base::Timestamp kImaginedFrame{33'333'333};

// A step larger than any reordering makes is a new time line.
constexpr base::Timestamp kJump = std::chrono::seconds{10};

}  // namespace

void DtsEstimator::set_depth(std::size_t depth) {
    depth_ = std::min(depth, media::kMaxReorderDepth);
}

// Inserts pts into the sorted window, which keeps its depth + 1 largest entries.
base::Timestamp DtsEstimator::shift_in(base::Timestamp pts) {
    while (count_ > depth_) {  // room for the new one
        std::copy(window_.begin() + 1, window_.begin() + static_cast<std::ptrdiff_t>(count_),
                  window_.begin());
        --count_;
    }
    auto const end = window_.begin() + static_cast<std::ptrdiff_t>(count_);
    auto const at = std::upper_bound(window_.begin(), end, pts);
    std::move_backward(at, end, end + 1);
    *at = pts;
    ++count_;
    // While the window fills, the missing pictures count as if they came one frame apart before the
    // first.
    auto const missing = static_cast<std::int64_t>(depth_ + 1 - count_);
    return window_[0] - missing * kImaginedFrame;
}

base::Timestamp DtsEstimator::next(base::Timestamp pts) {
    if (last_ && (pts < *last_ - kJump || pts > *last_ + kJump)) {
        count_ = 0;
        last_.reset();
    }
    if (last_ && count_ > 0 && pts <= *last_ && depth_ < media::kMaxReorderDepth) ++depth_;
    auto dts = std::min(shift_in(pts), pts);
    if (last_ && dts <= *last_) dts = *last_ + base::Timestamp{1};
    last_ = dts;
    return dts;
}

}  // namespace tidegate::rtp
