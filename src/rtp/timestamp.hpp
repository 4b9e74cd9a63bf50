// RTP timestamps are 32 bits and wrap (every 13 hours at 90 kHz): this continues them in 64. One
// per source, one thread. A step is read as forward or backward, whichever is shorter.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::rtp {

class TimestampUnwrapper {
public:
    // Ticks since the first timestamp.
    std::int64_t unwrap(std::uint32_t timestamp) {
        if (!last_) {
            last_ = timestamp;
            return ticks_;
        }
        ticks_ += static_cast<std::int32_t>(timestamp - *last_);
        last_ = timestamp;
        return ticks_;
    }

    // The same of a timestamp near the last one, which it leaves where it is.
    std::int64_t ticks_of(std::uint32_t timestamp) const {
        return last_ ? ticks_ + static_cast<std::int32_t>(timestamp - *last_) : 0;
    }

private:
    std::optional<std::uint32_t> last_;
    std::int64_t ticks_ = 0;
};

}  // namespace tidegate::rtp
