// The clock, which the machines of sts/core get as an argument. Any thread.
#pragma once

#include <chrono>

#include "sts/core/clock.hpp"

namespace tidegate::sts {

inline Now look_at_clock() {
    auto const since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return {Clock::now(),
            std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

}  // namespace tidegate::sts
