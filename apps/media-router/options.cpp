#include "options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <variant>

#include "base/duration.hpp"
#include "config/flags.hpp"

namespace tidegate {

namespace {

// The MediaMTX version whose interfaces this router has.
constexpr char kVersion[] = "v1.20.1";

// What MediaMTX's command-line library answers to a wrong usage.
constexpr int kUsageError = 80;

// Event loops: more than the cores of any machine that we would run on.
constexpr std::int64_t kMaxThreads = 256;

// In MiB. With less, not even the program itself has room; no machine has more.
constexpr std::int64_t kLeastMemory = 64;
constexpr std::int64_t kMostMemory = std::int64_t{1} << 30;

// Whoever waits longer than this for media does not serve a live stream.
constexpr base::Duration kMaxWait = std::chrono::seconds{2};

// Longer than any orchestrator waits for a server that it has told to end.
constexpr base::Duration kMaxDrainTime = std::chrono::hours{1};

constexpr char kGopCacheWords[] = "some of hls, rtmp and rtsp, separated by commas";

// "rtmp,rtsp"; nullopt: a word that is none of them.
std::optional<router::GopReaders> gop_readers(std::string const& list) {
    router::GopReaders readers;
    for (auto const word : std::views::split(list, ',')) {
        std::string_view const name(word.begin(), word.end());
        if (name == "hls") {
            readers.units = true;
        } else if (name == "rtmp") {
            readers.form(router::WireForm::rtmp_message) = true;
        } else if (name == "rtsp") {
            readers.form(router::WireForm::interleaved_rtp) = true;
        } else if (!list.empty()) {
            return std::nullopt;
        }
    }
    return readers;
}

std::chrono::milliseconds milliseconds_of(base::Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

CommandLine parse_command_line(int argc, char const* const* argv) {
    MediaRouterOptions options;
    std::int64_t threads = 0;
    std::int64_t memory_limit = 0;
    std::string gop_cache;
    base::Duration audio_wait = std::chrono::milliseconds{40};
    base::Duration merge_window{0};
    base::Duration drain_time{0};

    config::Flags flags("media-router",
                        "Tidegate media-router: an RTMP and RTSP server with MediaMTX's interfaces",
                        kVersion);
    flags.argument("confpath", "configuration file (mediamtx.yml)", options.configuration);
    flags
        .number("threads", "THREADS", "the number of event loops for media; 0: one for each core",
                threads)
        .between(0, kMaxThreads);
    flags
        .duration(
            "audio-wait", "AUDIO_WAIT",
            "how long audio waits for the next video unit, to be written with it; 0s: not at all",
            audio_wait)
        .between(base::Duration{0}, kMaxWait);
    flags
        .duration("merge-window", "MERGE_WINDOW",
                  "how long units are gathered before they are written: less CPU, more delay",
                  merge_window)
        .between(base::Duration{0}, kMaxWait);
    flags
        .text("gop-cache", "GOP_CACHE",
              "which players get the pictures since the last key frame as soon as they come, "
              "instead of waiting for the next one: some of hls, rtmp, rtsp",
              gop_cache)
        .accepts("PROTOCOL,...")
        .check([](std::string const& list) -> std::optional<std::string> {
            if (gop_readers(list)) return std::nullopt;
            return kGopCacheWords;
        });
    flags
        .duration("drain-time", "DRAIN_TIME",
                  "before the end (SIGTERM), send publishers away one after the other within this "
                  "time, and let nobody else publish; 0s: everybody is cut at once",
                  drain_time)
        .between(base::Duration{0}, kMaxDrainTime);
    auto limit = flags.number(
        "memory-limit", "MEMORY_LIMIT",
        "MiB of memory above which no client may hold large messages that are unfinished or "
        "waiting; 0: half of the machine's memory",
        memory_limit);
    limit.between(0, kMostMemory);

    flags.together({limit}, [&memory_limit]() -> std::optional<std::string> {
        if (memory_limit == 0 || memory_limit >= kLeastMemory) return std::nullopt;
        return "--memory-limit or MEMORY_LIMIT: expected 0, or at least " +
               std::to_string(kLeastMemory);
    });

    auto const parsed = flags.parse(argc, argv, kUsageError);
    if (auto const* exit = std::get_if<config::Exit>(&parsed)) {
        return {std::nullopt, exit->text, exit->code};
    }
    options.router.threads = static_cast<std::size_t>(threads);
    options.router.audio_wait = milliseconds_of(audio_wait);
    options.router.merge_window = milliseconds_of(merge_window);
    options.router.drain_time = milliseconds_of(drain_time);
    options.router.gop_cache = *gop_readers(gop_cache);
    options.router.memory_limit = static_cast<std::size_t>(memory_limit) << 20;
    return {options, {}, 0};
}

}  // namespace tidegate
