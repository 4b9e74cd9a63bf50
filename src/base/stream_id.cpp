#include "base/stream_id.hpp"

#include <algorithm>

namespace tidegate::base {

namespace {

constexpr std::string_view kPrefix = "live/";

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

}  // namespace

bool is_stream_id(std::string_view text) {
    return !text.empty() && text.size() <= kMaxStreamIdLength &&
           std::ranges::all_of(text, is_id_character);
}

std::optional<StreamPath> parse_stream_path(std::string_view path) {
    auto const parts = view_stream_path(path);
    if (!parts) return std::nullopt;
    return StreamPath{std::string(parts->stream_id), parts->direction};
}

std::optional<StreamPathView> view_stream_path(std::string_view path) {
    if (!path.starts_with(kPrefix)) return std::nullopt;
    path.remove_prefix(kPrefix.size());
    auto const slash = path.find('/');
    if (slash == std::string_view::npos || !is_stream_id(path.substr(0, slash)))
        return std::nullopt;
    auto const last = path.substr(slash + 1);
    if (last != "in" && last != "out") return std::nullopt;
    return StreamPathView{path.substr(0, slash), last == "in" ? Direction::in : Direction::out};
}

std::string stream_path(std::string_view stream_id, Direction direction) {
    std::string path(kPrefix);
    path += stream_id;
    path += direction == Direction::in ? "/in" : "/out";
    return path;
}

}  // namespace tidegate::base
