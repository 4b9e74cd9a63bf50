#include "config/path_name.hpp"

#include <algorithm>

namespace tidegate::config {
namespace {

bool is_allowed(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '/' || c == '.';
}

bool has_dot_segment(std::string_view name) {
    while (true) {
        auto const slash = name.find('/');
        auto const segment = name.substr(0, slash);
        if (segment == "." || segment == "..") return true;
        if (slash == std::string_view::npos) return false;
        name.remove_prefix(slash + 1);
    }
}

}  // namespace

std::optional<std::string_view> path_name_problem(std::string_view name) {
    if (name.empty()) return "cannot be empty";
    if (name.front() == '/') return "can't begin with a slash";
    if (name.back() == '/') return "can't end with a slash";
    if (!std::ranges::all_of(name, is_allowed)) {
        return "can contain only alphanumeric characters, underscore, dot, minus, slash";
    }
    if (has_dot_segment(name)) return "can't contain dot path segments";
    return std::nullopt;
}

}  // namespace tidegate::config
