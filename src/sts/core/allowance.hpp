// What a peer of the speech service's protocol may send. Pure; the time is an argument.
#pragma once

#include <cstddef>

#include "base/allowance.hpp"
#include "sts/core/clock.hpp"
#include "sts/core/limits.hpp"

namespace tidegate::sts {

using base::Allowance;

// What one connection may send: messages, and their bytes.
class InboundAllowance {
public:
    explicit InboundAllowance(Time now)
        : messages_(kMessagesPerSecond, kMessageBurst, now),
          bytes_(static_cast<double>(kBytesPerSecond), static_cast<double>(kByteBurst), now) {}

    // False: the peer floods us.
    bool take_message(std::size_t bytes, Time now) {
        return messages_.take(1, now) && bytes_.take(static_cast<double>(bytes), now);
    }

private:
    Allowance messages_, bytes_;
};

}  // namespace tidegate::sts
