// Writes WebVTT (W3C): captions as text, which players and editors read. Pure functions; any
// thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tidegate::media {

// "00:01:02.345"; hours have two digits or more. REQUIRES: not negative.
std::string web_vtt_time(std::chrono::milliseconds time);

// Appends a cue, with a blank line in front. Its text may hold anything but line breaks: there is
// no markup in it, and no arrow. identifier: empty, or a line without an arrow.
void append_web_vtt_cue(std::string& out, std::string_view identifier,
                        std::chrono::milliseconds begin, std::chrono::milliseconds end,
                        std::string_view text);

}  // namespace tidegate::media
