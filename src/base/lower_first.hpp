// The system's words for an error as the rest of a sentence, which is how Go, and so MediaMTX,
// writes them: "listen tcp :1935: bind: address already in use". Any thread.
#pragma once

#include <string>

namespace tidegate::base {

// ASCII only; an empty text stays empty.
inline std::string lower_first(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    }
    return text;
}

}  // namespace tidegate::base
