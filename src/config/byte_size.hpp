// Sizes as mediamtx.yml writes them: "50M", base 1024 (contract §1.3). Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

// Units B, K KB KiB, M, G, T, P, E, any case. The error is MediaMTX's sentence.
std::expected<std::uint64_t, std::string> parse_byte_size(std::string_view text);
// The largest unit that leaves at least 1, one decimal at most: "50M", "1.5K", "0B".
std::string format_byte_size(std::uint64_t bytes);

}  // namespace tidegate::config
