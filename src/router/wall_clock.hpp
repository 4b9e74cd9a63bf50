// Maps media time to wall time for sender reports (RFC 3550 §6.4.1): extrapolated from the first
// unit, started anew when the publisher's clock has drifted away. Pure; one thread.
#pragma once

#include <chrono>
#include <optional>

#include "base/time.hpp"

namespace tidegate::router {

// A mapping this far behind the present is given up (contract §7.6).
inline constexpr std::chrono::seconds kMaxWallLag{5};

class WallClock {
public:
    // Unix time of a pts, given the present as Unix time. Never in the future.
    std::chrono::nanoseconds map(base::Timestamp pts, std::chrono::nanoseconds now) {
        auto const mapped = offset_ ? pts + *offset_ : now;
        if (!offset_ || mapped > now || now - mapped > kMaxWallLag) {
            offset_ = now - pts;
            return now;
        }
        return mapped;
    }

private:
    std::optional<std::chrono::nanoseconds> offset_;
};

}  // namespace tidegate::router
