// ASCII letters in lower case. Other bytes stay as they are, so UTF-8 passes unchanged. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::base {

inline char lower_case_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The whole text in lower case: for names of headers, hosts and parameters, which compare without
// case.
inline std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = lower_case_letter(c);
    return lower;
}

// The text with its first letter in lower case. The system's messages begin with a capital; Go, and
// therefore MediaMTX, puts them at the end of a sentence: "listen tcp :1935: bind: address already
// in use".
inline std::string lower_first(std::string text) {
    if (!text.empty()) text[0] = lower_case_letter(text[0]);
    return text;
}

}  // namespace tidegate::base
