// Decoding times for pictures that come in decoding order with presentation times only. One per
// track, one thread.
//
// Method: with a reorder depth of d pictures, the n-th decoding time is the smallest of the d + 1
// latest presentation times not yet used, so the sequence of dts is the sorted sequence of pts, d
// pictures late. d comes from the SPS (H.264 max_num_reorder_frames, H.265
// sps_max_num_reorder_pics); where the SPS does not say, it starts at 0 and grows when a picture
// comes out of order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "rtp/limits.hpp"

namespace tidegate::rtp {

// nullopt: the parameter sets do not say (or are absent or damaged).
std::optional<std::size_t> reorder_depth(media::Track const& track);

class DtsEstimator {
public:
    void set_depth(std::size_t depth);
    // Strictly above the last result and not above `pts`, except for the first pictures out of
    // order when the depth was not known: those get last + 1 ns.
    base::Timestamp next(base::Timestamp pts);

private:
    base::Timestamp shift_in(base::Timestamp pts);

    std::size_t depth_ = 0;
    std::array<base::Timestamp, kMaxReorderDepth + 1> window_{};  // sorted; [0, count_)
    std::size_t count_ = 0;
    std::optional<base::Timestamp> last_;
};

}  // namespace tidegate::rtp
