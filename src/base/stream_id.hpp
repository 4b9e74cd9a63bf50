// Names of streams and paths: live/<streamId>/in|out. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::base {

// Longest stream id: it names lock files and argv words, and stays far below every system's limit.
inline constexpr std::size_t kMaxStreamIdLength = 128;

// [A-Za-z0-9_-]{1,128}
bool is_stream_id(std::string_view text);

enum class Direction { in, out };

struct StreamPath {
    std::string stream_id;
    Direction direction;
};

// The whole string must be live/<id>/in or live/<id>/out; anything else is nullopt.
std::optional<StreamPath> parse_stream_path(std::string_view path);
std::string stream_path(std::string_view stream_id, Direction direction);

}  // namespace tidegate::base
