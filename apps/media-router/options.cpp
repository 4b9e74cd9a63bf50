#include "options.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/duration.hpp"

namespace tidegate {

namespace {

// The MediaMTX version whose interfaces this router has.
constexpr char kVersion[] = "v1.20.1\n";

// What MediaMTX's command-line library answers to a wrong usage.
constexpr int kUsageError = 80;

// More loops than any machine we would run on has cores.
constexpr std::size_t kMaxThreads = 256;

// In MiB: below, not even the program itself has room; above, the number would not be one of bytes.
constexpr std::size_t kLeastMemory = 64;
constexpr std::size_t kMostMemory = std::size_t{1} << 30;

// Longer waits would be no router but a recorder.
constexpr std::chrono::milliseconds kMaxWait{2000};

std::string check_wait(std::string const& text) {
    auto const value = base::parse_duration(text);
    if (!value) return value.error();
    return *value >= base::Duration::zero() && *value <= kMaxWait ? "" : "expected 0s to 2s";
}

std::chrono::milliseconds wait_of(std::string const& text) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(*base::parse_duration(text));
}

}  // namespace

CommandLine parse_command_line(int argc, char const* const* argv) {
    CLI::App app("Tidegate media-router: an RTMP and RTSP server with MediaMTX's interfaces",
                 "media-router");
    MediaRouterOptions options;
    std::string audio_wait = "40ms";
    std::string merge_window = "0s";
    bool version = false;
    app.add_option("confpath", options.configuration, "configuration file (mediamtx.yml)");
    app.add_flag("--version", version, "print the version of MediaMTX whose interfaces it has");
    app.add_option("--threads", options.router.threads,
                   "number of event loops for media; 0: one for each core")
        ->envname("THREADS")
        ->check(CLI::Range(std::size_t{0}, kMaxThreads));
    app.add_option(
           "--audio-wait", audio_wait,
           "how long audio waits for the next video unit, to be written with it; 0s: not at all")
        ->envname("AUDIO_WAIT")
        ->check(check_wait)
        ->capture_default_str();
    app.add_option("--merge-window", merge_window,
                   "how long units are gathered before they are written: less CPU, more delay")
        ->envname("MERGE_WINDOW")
        ->check(check_wait)
        ->capture_default_str();
    std::size_t memory_limit = 0;
    app.add_option(
           "--memory-limit", memory_limit,
           "MiB of memory above which no client may hold large messages that are unfinished or "
           "waiting; 0: half of the machine's memory")
        ->envname("MEMORY_LIMIT")
        ->check(CLI::Range(kLeastMemory, kMostMemory) | CLI::IsMember({0}));
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        std::ostringstream out;
        std::ostringstream err;
        bool const failed = app.exit(error, out, err) != 0;
        return {std::nullopt, failed ? err.str() : out.str(), failed ? kUsageError : 0};
    }
    if (version) return {std::nullopt, kVersion, 0};
    options.router.audio_wait = wait_of(audio_wait);
    options.router.merge_window = wait_of(merge_window);
    options.router.memory_limit = memory_limit << 20;
    return {options, {}, 0};
}

}  // namespace tidegate
