// RTP timestamps are 32 bits and wrap (every 13 hours at 90 kHz): this continues them in 64. One
// per source, one thread. A step is read as forward or backward, whichever is shorter.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::rtp {

class TimestampUnwrapper {
public:
    // Ticks since the first timestamp (or since the origin).
    std::int64_t unwrap(std::uint32_t timestamp) {
        if (!last_) {
            last_ = timestamp;
            return ticks_;
        }
        ticks_ += static_cast<std::int32_t>(timestamp - *last_);
        last_ = timestamp;
        return ticks_;
    }

    // From here on `timestamp` is tick `at`.
    void set_origin(std::uint32_t timestamp, std::int64_t at) {
        last_ = timestamp;
        ticks_ = at;
    }

    bool started() const { return last_.has_value(); }

private:
    std::optional<std::uint32_t> last_;
    std::int64_t ticks_ = 0;
};

}  // namespace tidegate::rtp
