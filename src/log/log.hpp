// The process's log: one line an event on stdout or in a file, written by a background thread. Any
// thread; never blocks on the terminal, the pipe or the disk: when kQueueLines wait, new lines are
// dropped and counted, and the count is logged once there is room.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tidegate::log {

enum class Level { debug, info, warn, error };

enum class Format {
    json,      // design §7: {"ts","level","component","event","msg",...fields}
    text,      // the same for people
    mediamtx,  // 2026/01/02 10:00:00 INF message   (contract §3; event and fields left out)
    mediamtx_structured,  // {"timestamp","level","message"}   (contract §3)
};

std::optional<Level> parse_level(std::string_view text);    // debug info warn error
std::optional<Format> parse_format(std::string_view text);  // json text

struct Field {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;
};

struct Settings {
    Level level = Level::info;
    Format format = Format::json;
    std::string component{};
    bool to_stdout = true;
    std::string file{};  // appended to as well; empty: none

    bool operator==(Settings const&) const = default;
};

// Lines that may wait for a slow reader of our stdout before new ones are dropped: about 2 MiB.
inline constexpr std::size_t kQueueLines = 8192;

// Once, before any thread logs; again: replaces the settings. The error, of a file that cannot be
// opened, leaves everything as it was: "open /x: permission denied".
std::expected<void, std::string> start(Settings settings);
// Opens the file anew, for one that has been moved away (logrotate): false when there is none. An
// error leaves the old one.
std::expected<bool, std::string> reopen();
void stop();  // writes what waits; later lines are written directly
bool enabled(Level level);

// event: dotted, stable, for machines ("hook.received"); message: for people. Control characters
// and invalid UTF-8 in any of them are escaped: a peer's bytes cannot forge a line.
void write(Level level, std::string_view event, std::string_view message,
           std::initializer_list<Field> fields = {});
void write(Level level, std::string_view event, std::string_view message, Field const* fields,
           std::size_t count);

// A line of another program's log, already in our form (a worker's): passed on as it is, with a
// line feed.
void pass_on(std::string_view line);

}  // namespace tidegate::log
