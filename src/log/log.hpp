// The log of the process: one line for each event, to stdout and to a file. A background thread
// writes the lines, so nobody waits for a terminal, a pipe or a disk. When kQueueLines wait, new
// lines are dropped and counted; the count is logged once there is room. Any thread.
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
    json,  // {"ts","level","component","event","msg",...fields}
    text,  // the same for people
    // As MediaMTX writes it, without event and fields.
    mediamtx,             // 2026/01/02 10:00:00 INF message
    mediamtx_structured,  // {"timestamp","level","message"}
};

// nullopt: the text is none of those named here.
std::optional<Level> parse_level(std::string_view text);    // debug, info, warn, error
std::optional<Format> parse_format(std::string_view text);  // json, text

struct Field {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;
};

struct Settings {
    Level level = Level::info;  // the lowest that is written
    Format format = Format::json;
    std::string component{};
    bool to_stdout = true;
    std::string file{};  // lines are appended to this file, too; empty: to none

    bool operator==(Settings const&) const = default;
};

// How many lines may wait for a slow reader of our stdout; usually about 2 MiB.
inline constexpr std::size_t kQueueLines = 8192;

// To be called first before other threads log. A later call replaces the settings. If the file
// cannot be opened, nothing changes, and the error says why: "open /x: permission denied".
std::expected<void, std::string> start(Settings settings);
// Opens the file again, after logrotate has moved it away. False: there is no file. After an error,
// lines still go to the old one.
std::expected<bool, std::string> reopen();
// Writes the lines that wait. Later lines are written at once, by the thread that logs them.
void stop();
// True: lines of this level are written.
bool enabled(Level level);

// Logs an event. event: a name for machines, with dots, which never changes ("hook.received").
// message: for people. Control characters and invalid UTF-8 in any of them are escaped, so a peer's
// bytes cannot forge a line.
void write(Level level, std::string_view event, std::string_view message,
           std::initializer_list<Field> fields = {});
void write(Level level, std::string_view event, std::string_view message, Field const* fields,
           std::size_t count);

// Logs that a task has ended by an exception, what() of which is given. For net::TaskGroup.
void task_failed(std::string const& name, std::string const& what);

// Writes a line of another program's log as it is, with a line feed. It must be in our own form, as
// that of a worker is.
void pass_on(std::string_view line);

}  // namespace tidegate::log
