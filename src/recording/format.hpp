// The two formats of recorded files. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::recording {

enum class Format : std::uint8_t { fmp4, mpegts };

constexpr std::string_view extension_of(Format format) {
    return format == Format::fmp4 ? ".mp4" : ".ts";
}

}  // namespace tidegate::recording
