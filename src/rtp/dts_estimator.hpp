// Computes the decode times (dts) of pictures that come in decoding order but tell their
// presentation times (pts) only. One per track, used by one thread at a time.
//
// Method: let d be the reorder depth. The dts of a picture is the smallest of the d + 1 latest pts
// that has not been used yet, so the sequence of dts is the sorted sequence of pts, d pictures
// late. The depth comes from the SPS (media::VideoFormat::reorder_depth). When the SPS does not
// tell, the depth starts at 0 and grows by one whenever a picture comes out of order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/time.hpp"
#include "media/sps.hpp"

namespace tidegate::rtp {

class DtsEstimator {
public:
    void set_depth(std::size_t depth);
    // The dts of the next picture. It is larger than the last one and not larger than `pts`. The
    // first pictures out of order are an exception when the depth was not known: their dts is 1 ns
    // after the last one, which may be later than their pts. A pts more than 10 s away from the
    // last dts begins a new time line: dts starts again there, and may step back.
    base::Timestamp next(base::Timestamp pts);

private:
    base::Timestamp shift_in(base::Timestamp pts);

    std::size_t depth_ = 0;
    std::array<base::Timestamp, media::kMaxReorderDepth + 1>
        window_{};  // sorted; count_ are in use
    std::size_t count_ = 0;
    std::optional<base::Timestamp> last_;
};

}  // namespace tidegate::rtp
