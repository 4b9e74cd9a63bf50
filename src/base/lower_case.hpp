// ASCII text in lower case: names of headers, hosts and parameters. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::base {

inline std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace tidegate::base
