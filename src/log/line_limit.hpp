// How often the same line may stand in the log. One thread at a time.
#pragma once

#include <chrono>

namespace tidegate::log {

class LineLimit {
public:
    // pause: between two lines.
    explicit LineLimit(std::chrono::nanoseconds pause) : pause_(pause) {}

    // Whether a line may be written now. If so, the pause begins.
    bool allows(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) {
        if (now < next_) return false;
        next_ = now + pause_;
        return true;
    }

private:
    std::chrono::nanoseconds pause_;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace tidegate::log
