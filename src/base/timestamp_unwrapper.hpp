// Continues time stamps of 32 bits, as RTMP messages and RTP packets have them, in 64 bits. They
// wrap at 2^32: after 49 days of milliseconds, after 13 hours at 90 kHz. One per source, used by
// one thread at a time.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::base {

class TimestampUnwrapper {
public:
    // The next time stamp in 64 bits. The first keeps its value. Each later one is the value
    // nearest to the one before it that has these 32 low bits: it goes on upwards through the wrap,
    // and backwards when the source's clock goes back. Results may be negative.
    std::int64_t unwrap(std::uint32_t timestamp) {
        if (!last_) {
            first_ = timestamp;
            last_ = first_;
        } else {
            *last_ = nearest(timestamp);
        }
        return *last_;
    }

    // What unwrap() would return now, without a change of the state. REQUIRES: unwrap() was called.
    std::int64_t nearest(std::uint32_t timestamp) const {
        return *last_ + static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(*last_));
    }

    // Whether unwrap() was called.
    bool begun() const { return last_.has_value(); }
    // The first time stamp; 0 before it has come.
    std::int64_t first() const { return first_; }

private:
    std::optional<std::int64_t> last_;
    std::int64_t first_ = 0;
};

}  // namespace tidegate::base
