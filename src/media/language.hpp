// Languages and names of tracks, as publishers write them and as others want them. Pure functions;
// any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::media {

// RFC 5646 §4.4.1: room enough for every tag that is in use.
inline constexpr std::size_t kMaxLanguageTag = 35;
// Bytes of a track's name: more than a player's menu shows.
inline constexpr std::size_t kMaxTrackName = 64;

// The tag of RFC 5646 that the text means: "es", "pt-BR". The codes of three letters (ISO 639-2)
// that FFmpeg and MP4 files have become those of two letters where there are any, as the RFC wants.
// Empty: the text is no tag, or says that the language is not known.
std::string language_tag(std::string_view text);

// The code of three letters (ISO 639-2/T) that MP4 has for a tag; "und" when there is none.
std::array<char, 3> iso_639_2(std::string_view tag);

// The text without what is no UTF-8 and without control characters, of at most kMaxTrackName bytes.
std::string track_name(std::string_view text);

}  // namespace tidegate::media
