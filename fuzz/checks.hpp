// How targets judge what they test: require() aborts, which the fuzzer reports as a crash, and
// shown() is what a session has received, as text that can be compared.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.hpp"
#include "media/caption.hpp"
#include "media/language.hpp"

namespace tidegate::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

// RTMP.
inline std::string shown(bool video, std::int64_t timestamp, base::ByteView body) {
    return (video ? "v" : "a") + std::to_string(timestamp) + ":" +
           std::string(base::as_text(body)) + "\n";
}

// RTSP's interleaved frames.
inline std::string shown(std::uint16_t track, bool rtcp, base::ByteView packet) {
    return std::to_string(track) + (rtcp ? "c" : "p") + std::string(base::as_text(packet)) + "\n";
}

// A caption, of either protocol; what a session lets through is fit for every player.
template <class Caption>
std::string shown_caption(Caption const& caption) {
    require(!caption.text.empty() && caption.text == media::caption_text(caption.text));
    require(caption.language == media::language_tag(caption.language));
    require(caption.duration.count() > 0 && caption.duration <= media::kMaxCaptionDuration);
    return "caption " + caption.language + ":" + caption.text + "\n";
}

}  // namespace tidegate::fuzz
