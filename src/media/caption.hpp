// What is written over the picture while something is said: the captions of a stream. Plain values
// and pure functions; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace tidegate::media {

// Bytes of a caption's text. What is said in the longest fragment of speech, 6 s, has some hundred.
inline constexpr std::size_t kMaxCaptionText = 1000;
// No caption stands longer.
inline constexpr base::Timestamp kMaxCaptionDuration = std::chrono::minutes(1);
// Languages in which a stream has captions. A dub has four at most.
inline constexpr std::size_t kMaxCaptionLanguages = 8;

struct Caption {
    std::string language;  // one of those that the publisher has announced
    base::Timestamp start{};
    base::Timestamp duration{};
    std::string text;  // as caption_text() makes it
};

// The text on one line: without what is no UTF-8, with one space for each run of blanks, line
// breaks and control characters, and of at most kMaxCaptionText bytes. Empty: nothing is left.
std::string caption_text(std::string_view text);

// A duration in milliseconds, as publishers send it; nullopt: no caption can have it.
std::optional<base::Timestamp> caption_duration(double milliseconds);

// "es,pt-BR": the languages of a stream's captions, as tags (language.hpp), each once, at most
// kMaxCaptionLanguages. What is no tag is left out.
std::vector<std::string> caption_languages(std::string_view list);
std::string caption_language_list(std::vector<std::string> const& languages);

}  // namespace tidegate::media
