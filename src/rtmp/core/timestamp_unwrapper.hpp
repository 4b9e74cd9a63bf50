// 32-bit message timestamps on a 64-bit line: the nearest value to the last one, so the wrap at
// 2^32 goes on upwards and a clock set back goes back. Milliseconds; one per message stream; one
// thread.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::rtmp {

class TimestampUnwrapper {
public:
    std::int64_t unwrap(std::uint32_t timestamp) {
        if (!last_) {
            last_ = timestamp;
        } else {
            auto const step = timestamp - static_cast<std::uint32_t>(*last_);
            *last_ += static_cast<std::int32_t>(step);
        }
        return *last_;
    }

private:
    std::optional<std::int64_t> last_;
};

}  // namespace tidegate::rtmp
