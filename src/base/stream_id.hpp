// The names of streams, and of the two router paths of each: live/<streamId>/in is what a publisher
// sends, live/<streamId>/out what the worker makes of it. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::base {

// The longest stream id in bytes. It becomes part of file names and command lines; 128 is far below
// every limit of the system.
inline constexpr std::size_t kMaxStreamIdLength = 128;

// Whether the text matches [A-Za-z0-9_-]{1,128}.
bool is_stream_id(std::string_view text);

enum class Direction { in, out };

struct StreamPath {
    std::string stream_id;
    Direction direction;
};

// Takes live/<id>/in or live/<id>/out apart. nullopt when the whole text is not of that form.
std::optional<StreamPath> parse_stream_path(std::string_view path);
// The same without a copy: the id is a part of `path`.
struct StreamPathView {
    std::string_view stream_id;
    Direction direction;
};
std::optional<StreamPathView> view_stream_path(std::string_view path);
// The reverse. Does not check the id.
std::string stream_path(std::string_view stream_id, Direction direction);

}  // namespace tidegate::base
