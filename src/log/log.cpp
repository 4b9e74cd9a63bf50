#include "log/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "base/file_problem.hpp"
#include "log/format.hpp"
#include "log/writer.hpp"

namespace tidegate::log {
namespace {

// With lines of 256 bytes as long as the line bound; longer ones reach this first.
constexpr std::size_t kQueueBytes = 2 * 1024 * 1024;

// Never destroyed: threads may log until the very end of the process.
struct Logger {
    std::atomic<Settings const*> settings{nullptr};
    std::atomic<Level> level{Level::info};
    std::atomic<Writer*> writer{nullptr};       // to stdout
    std::atomic<Writer*> file_writer{nullptr};  // null: no file
    std::mutex mutex;                           // start, reopen and stop only
    std::string file;                           // of file_writer
    // Both stay: somebody may be using one.
    std::unique_ptr<Writer> to_stdout, to_file;
    // Every set stays, once: a line may be in the making with an old one.
    std::list<Settings> all_settings;
};

Logger& logger() {
    static auto* const instance = new Logger;
    return *instance;
}

Settings const& current() {
    static Settings const defaults;
    auto const* settings = logger().settings.load(std::memory_order_acquire);
    return settings != nullptr ? *settings : defaults;
}

std::string dropped_line(std::uint64_t count) {
    auto const& settings = current();
    auto const message = std::to_string(count) + " log lines dropped: stdout is read too slowly";
    std::array const fields{Field{.key = "count", .value = static_cast<std::int64_t>(count)}};
    std::string line;
    append_line(line, settings.format,
                {.time = std::chrono::system_clock::now(),
                 .level = Level::warn,
                 .component = settings.component,
                 .event = "log.dropped",
                 .message = message,
                 .fields = fields});
    return line;
}

void append(std::string const& line, Urgency urgency) {
    if (auto* const file = logger().file_writer.load(std::memory_order_acquire)) {
        file->append(line, urgency);
    }
    if (!current().to_stdout) return;
    if (auto* const writer = logger().writer.load(std::memory_order_acquire)) {
        writer->append(line, urgency);
    } else {
        [[maybe_unused]] auto const written = ::write(STDOUT_FILENO, line.data(), line.size());
    }
}

constexpr Writer::Bounds kBounds{.lines = kQueueLines, .bytes = kQueueBytes};

std::unique_ptr<Writer> make_writer(int fd) {
    return std::make_unique<Writer>(fd, kBounds, dropped_line);
}

// A named pipe that nobody reads is refused, instead of being waited for.
std::expected<int, std::string> open_file(std::string const& path) {
    constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    constexpr mode_t kMode = 0644;  // MediaMTX's
    int const fd = ::open(path.c_str(), kFlags, kMode);
    if (fd >= 0) return fd;
    return std::unexpected(base::file_problem("open", path, errno));
}

// REQUIRES: the mutex held.
std::expected<void, std::string> use_file(Logger& log, std::string const& path) {
    int fd = -1;
    if (!path.empty()) {
        auto const opened = open_file(path);
        if (!opened) return std::unexpected(opened.error());
        fd = *opened;
    }
    log.file = path;
    if (log.to_file == nullptr) log.to_file = make_writer(-1);
    if (fd < 0) log.file_writer.store(nullptr, std::memory_order_release);
    log.to_file->redirect(fd);
    if (fd >= 0) log.file_writer.store(log.to_file.get(), std::memory_order_release);
    return {};
}

// REQUIRES: the mutex held.
Settings const& keep(Logger& log, Settings settings) {
    settings.file.clear();  // is the logger's own, and has no end of values
    auto const known = std::ranges::find(log.all_settings, settings);
    return known != log.all_settings.end() ? *known
                                           : log.all_settings.emplace_back(std::move(settings));
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
    if (text == "debug") return Level::debug;
    if (text == "info") return Level::info;
    if (text == "warn") return Level::warn;
    if (text == "error") return Level::error;
    return std::nullopt;
}

std::optional<Format> parse_format(std::string_view text) {
    if (text == "json") return Format::json;
    if (text == "text") return Format::text;
    return std::nullopt;
}

std::expected<void, std::string> start(Settings settings) {
    auto& log = logger();
    std::lock_guard const lock(log.mutex);
    if (settings.file != log.file) {
        if (auto changed = use_file(log, settings.file); !changed) return changed;
    }
    auto const& kept = keep(log, std::move(settings));
    log.level.store(kept.level, std::memory_order_relaxed);
    log.settings.store(&kept, std::memory_order_release);
    if (log.to_stdout != nullptr) return {};
    log.to_stdout = make_writer(STDOUT_FILENO);
    log.writer.store(log.to_stdout.get(), std::memory_order_release);
    std::atexit(stop);
    return {};
}

std::expected<bool, std::string> reopen() {
    auto& log = logger();
    std::lock_guard const lock(log.mutex);
    if (log.file.empty()) return false;
    if (auto opened = use_file(log, log.file); !opened) return std::unexpected(opened.error());
    return true;
}

void stop() {
    auto& log = logger();
    std::lock_guard const lock(log.mutex);
    for (auto* const writer : {log.to_stdout.get(), log.to_file.get()}) {
        if (writer != nullptr) writer->stop();
    }
}

bool enabled(Level level) {
    return level >= logger().level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view event, std::string_view message,
           std::initializer_list<Field> fields) {
    write(level, event, message, fields.begin(), fields.size());
}

void task_failed(std::string const& name, std::string const& what) {
    write(Level::error, "task.failed", name + ": " + what);
}

void write(Level level, std::string_view event, std::string_view message, Field const* fields,
           std::size_t count) {
    if (!enabled(level)) return;
    thread_local std::string line;
    line.clear();
    auto const& settings = current();
    append_line(line, settings.format,
                {.time = std::chrono::system_clock::now(),
                 .level = level,
                 .component = settings.component,
                 .event = event,
                 .message = message,
                 .fields = {fields, count}});
    append(line, level == Level::error ? Urgency::now : Urgency::batched);
}

void pass_on(std::string_view line) {
    std::string whole(line);
    whole += '\n';
    append(whole, Urgency::batched);
}

}  // namespace tidegate::log
