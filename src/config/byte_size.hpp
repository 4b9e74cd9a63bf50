// Sizes as mediamtx.yml has them: "50M", in powers of 1024. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

// Reads a size in bytes. Units: B, K, KB, KiB, and the same with M, G, T, P and E, in any case. The
// error is MediaMTX's sentence.
std::expected<std::uint64_t, std::string> parse_byte_size(std::string_view text);
// Writes a size in the largest unit of which it has at least one, with one decimal at most: "50M",
// "1.5K", "0B".
std::string format_byte_size(std::uint64_t bytes);

}  // namespace tidegate::config
