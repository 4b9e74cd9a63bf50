// Captions over RTSP: a publisher tells each with SET_PARAMETER (RFC 2326 §10.9), as a body of
// text/parameters, while it records. Readers and their tracks have no part in it, and a server that
// does not know these parameters refuses the request and nothing else. The parameters are ours:
//
//   x-caption-language: es
//   x-caption-track: 1            the media of the description by whose clock it begins
//   x-caption-rtptime: 12345678   when it begins, by this clock
//   x-caption-duration: 2500      milliseconds
//   x-caption-text: Hola
//
// That captions will come, and in which languages, stands in the description (kCaptionsAttribute).
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace tidegate::rtsp {

// Of the whole session: "a=x-captions:es,fr".
inline constexpr std::string_view kCaptionsAttribute = "x-captions";
inline constexpr std::string_view kParametersType = "text/parameters";
// The largest body that is read: a caption of the longest text, and what may stand beside it.
inline constexpr std::size_t kMaxParameters = 16 * 1024;

struct Caption {
    std::string language;  // a tag; empty: it was not said
    std::uint16_t track = 0;
    std::uint32_t rtptime = 0;
    base::Timestamp duration{};
    std::string text;  // as media::caption_text() makes it
    bool operator==(Caption const&) const = default;
};

// nullopt: the body tells no caption, or one that cannot be.
std::optional<Caption> read_caption(std::string_view body);
std::string write_caption(Caption const& caption);

}  // namespace tidegate::rtsp
