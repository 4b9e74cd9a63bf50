#include "rtsp/core/headers.hpp"

#include <algorithm>

namespace tidegate::rtsp {

namespace {

// ASCII only: header names are tokens, and the locale has no say.
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string const* Headers::find(std::string_view name) const {
    for (auto const& header : list_) {
        if (equal_ignoring_case(header.name, name)) return &header.value;
    }
    return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
    auto const* const value = find(name);
    return value == nullptr ? std::string_view{} : std::string_view{*value};
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        list_, [name](auto const& header) { return equal_ignoring_case(header.name, name); }));
}

}  // namespace tidegate::rtsp
