// Takes an aggregate message (type 22, RTMP 1.0 §7.1.6) apart: FLV tags with back pointers. The
// parts' bodies are slices of the aggregate's. Any thread.
#pragma once

#include <expected>
#include <vector>

#include "rtmp/core/error.hpp"
#include "rtmp/core/message.hpp"

namespace tidegate::rtmp {

std::expected<std::vector<Message>, Error> split_aggregate(Message const& aggregate,
                                                           std::size_t max_parts);

}  // namespace tidegate::rtmp
