// What a stranger may cost.
#pragma once

#include <cstddef>

namespace tidegate::base {

// Memory for one connection's bodies, headers and unfinished messages, in all, until it is known
// who asks: 16,000 connections cost a gigabyte at most. A connect, an ANNOUNCE with its description
// and a hook's body are far smaller.
inline constexpr std::size_t kMaxEarlyBytes = 64 * 1024;

}  // namespace tidegate::base
