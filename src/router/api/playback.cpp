#include "router/api/playback.hpp"

#include <algorithm>
#include <array>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <memory>
#include <utility>

#include "base/go_time.hpp"
#include "base/secret_parameter.hpp"
#include "config/ip_network.hpp"
#include "config/path_name.hpp"
#include "recording/recorded_ranges.hpp"
#include "router/api/access.hpp"

namespace tidegate::router {
namespace {

using std::chrono::nanoseconds;

std::unexpected<ApiError> bad(std::string message) {
    return std::unexpected(ApiError{400, std::move(message)});
}

std::expected<recording::FileTime, ApiError> time_of(http::Request const& request,
                                                     std::string_view key) {
    auto const time = base::parse_go_time(query_param(request, key));
    if (!time) return bad("invalid " + std::string(key) + ": " + time.error());
    return *time;
}

std::expected<nanoseconds, ApiError> duration_of(http::Request const& request) {
    auto const duration = base::parse_clip_duration(query_param(request, "duration"));
    if (!duration) return bad("invalid duration: " + duration.error());
    return *duration;
}

struct Recorded {
    std::string name;
    config::mediamtx::PathConfPtr conf;
};

std::expected<Recorded, ApiError> path_of(ApiContext const& context, http::Request const& request) {
    auto name = query_param(request, "path");
    auto match = context.paths.find(name);
    if (!match) return bad(match.error());
    return Recorded{std::move(name), std::move(match->conf)};
}

std::unexpected<ApiError> not_found(recording::CatalogueError const& error) {
    bool const none = error.kind == recording::CatalogueError::Kind::none_found;
    return std::unexpected(ApiError{none ? 404U : 400U, error.message});
}

// Of a recording in MPEG-TS; nothing when it can be played.
std::optional<ApiError> format_problem(Recorded const& path) {
    if (path.conf->recording.format == recording::Format::fmp4) return std::nullopt;
    return ApiError{400, "MPEG-TS format is not supported yet"};
}

// As Go's Duration.Seconds().
double seconds_of(nanoseconds duration) {
    auto const whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
    return static_cast<double>(whole.count()) +
           static_cast<double>((duration - whole).count()) / std::nano::den;
}

std::string escaped(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

// http://host:9996/get?duration=61.23&path=live%2Fa&start=2026-...
std::string url_of(std::string const& base, std::string const& name, std::string_view start,
                   std::string_view duration) {
    return base + "/get?duration=" + std::string(duration) + "&path=" + escaped(name) +
           "&start=" + escaped(start);
}

std::string base_url(ApiContext const& context, http::Request const& request) {
    auto const conf = context.config.get();
    std::string_view scheme = request.secure ? "https" : "http";
    auto const told = request.header("x-forwarded-proto").value_or("");
    if (!told.empty() && is_trusted_proxy(request.remote_ip, conf->global.playback)) scheme = told;
    return std::string(scheme) + "://" + std::string(request.header("host").value_or(""));
}

std::expected<recording::Window, ApiError> window_of(http::Request const& request) {
    recording::Window window;
    for (auto const [key, time] : {std::pair{"start", &window.start}, {"end", &window.end}}) {
        if (query_param(request, key).empty()) continue;
        auto const found = time_of(request, key);
        if (!found) return std::unexpected(found.error());
        *time = *found;
    }
    return window;
}

std::expected<Playback, ApiError> play_fragments(recording::ClipAsk ask) {
    auto clip = recording::ClipFragments::open(std::move(ask));
    if (!clip) return not_found(clip.error());
    auto const shared = std::make_shared<recording::ClipFragments>(*std::move(clip));
    return Playback{[shared] { return shared->next(); }, std::nullopt};
}

std::expected<Playback, ApiError> play_file(recording::ClipAsk ask) {
    auto file = recording::clip_file(std::move(ask));
    if (!file) return not_found(file.error());
    auto const size = file->size();
    auto const rest = std::make_shared<std::optional<recording::ClipPiece>>(*std::move(file));
    return Playback{[rest]() -> std::expected<std::optional<recording::ClipPiece>, std::string> {
                        return std::exchange(*rest, std::nullopt);
                    },
                    size};
}

Answer list_ranges(Recorded const& path, recording::Window const& window, std::string const& base) {
    auto const ranges = recording::find_ranges(path.conf->recording.files, path.name, window);
    if (!ranges) return not_found(ranges.error());
    std::string text;
    http::append_array(text, *ranges, [&](std::string& item, recording::RecordedRange const& one) {
        auto const start = to_text(WallTime(one.start));
        auto const seconds = seconds_of(one.duration);
        std::string duration;
        http::append_number(duration, seconds);
        JsonObject(item)
            .add("start", start)
            .add("duration", seconds)
            .add("url", url_of(base, path.name, start, duration))
            .end();
    });
    return text;
}

}  // namespace

std::optional<ApiError> playback_name_problem(http::Request const& request) {
    auto const name = query_param(request, "path");
    auto const problem = config::path_name_problem(name);
    if (!problem) return std::nullopt;
    return ApiError{400, "invalid path name: " + std::string(*problem) + " (" +
                             base::without_secrets(name) + ")"};
}

FileAnswer list_playback(ApiContext const& context, http::Request const& request) {
    auto path = path_of(context, request);
    if (!path) return std::unexpected(path.error());
    auto const window = window_of(request);
    if (!window) return std::unexpected(window.error());
    if (auto problem = format_problem(*path)) return std::unexpected(*std::move(problem));
    return [path = *std::move(path), window = *window, base = base_url(context, request)] {
        return list_ranges(path, window, base);
    };
}

std::expected<PlaybackJob, ApiError> get_playback(ApiContext const& context,
                                                  http::Request const& request) {
    auto const start = time_of(request, "start");
    if (!start) return std::unexpected(start.error());
    auto const duration = duration_of(request);
    if (!duration) return std::unexpected(duration.error());
    auto const format = query_param(request, "format");
    if (!format.empty() && format != "fmp4" && format != "mp4") {
        return bad("invalid format: " + format);
    }
    auto const path = path_of(context, request);
    if (!path) return std::unexpected(path.error());
    if (auto problem = format_problem(*path)) return std::unexpected(*std::move(problem));
    recording::ClipAsk ask{path->conf->recording.files, path->name, *start, *duration};
    return [ask = std::move(ask), plain = format == "mp4"] {
        return plain ? play_file(ask) : play_fragments(ask);
    };
}

}  // namespace tidegate::router
