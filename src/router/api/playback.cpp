#include "router/api/playback.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "base/duration.hpp"
#include "base/secret_parameter.hpp"
#include "config/path_name.hpp"
#include "router/api/go_time.hpp"
#include "router/api/handlers.hpp"

namespace tidegate::router {
namespace {

std::unexpected<ApiError> bad(std::string message) {
    return std::unexpected(ApiError{400, std::move(message)});
}

std::optional<std::string> time_problem(std::string_view key, std::string const& text) {
    auto const problem = go_time_problem(text);
    if (!problem) return std::nullopt;
    return "invalid " + std::string(key) + ": " + *problem;
}

// Seconds as a decimal, or Go's form.
std::optional<std::string> duration_problem(std::string const& text) {
    double seconds = 0;
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, seconds);
    if (stop == end && error == std::errc{} && std::isfinite(seconds)) return std::nullopt;
    auto const parsed = base::parse_duration(text);
    if (parsed) return std::nullopt;
    return "invalid duration: " + parsed.error();
}

// recordPath up to the part that a recording's time decides, with the path's name put in.
std::string directory_of(std::string record_path, std::string const& name) {
    for (auto at = record_path.find("%path"); at != std::string::npos;
         at = record_path.find("%path", at + name.size())) {
        record_path.replace(at, 5, name);
    }
    auto const time = record_path.find('%');
    auto const slash = record_path.rfind('/', time);
    return slash == std::string::npos ? "." : record_path.substr(0, slash);
}

// The end of every request: there are no segments, told in one of two ways.
Answer nothing_found(config::mediamtx::PathConf const& conf, std::string const& name) {
    std::error_code error;
    auto const directory =
        std::filesystem::absolute(directory_of(conf.record_path, name), error).lexically_normal();
    if (std::filesystem::exists(directory, error)) {
        return std::unexpected(ApiError{404, "no recording segments found"});
    }
    return bad("lstat " + directory.string() + ": no such file or directory");
}

}  // namespace

std::optional<ApiError> playback_name_problem(http::Request const& request) {
    auto const name = query_param(request, "path");
    auto const problem = config::path_name_problem(name);
    if (!problem) return std::nullopt;
    return ApiError{400, "invalid path name: " + std::string(*problem) + " (" +
                             base::without_secrets(name) + ")"};
}

Answer list_playback(ApiContext const& context, http::Request const& request) {
    auto const name = query_param(request, "path");
    auto const match = context.paths.find(name);
    if (!match) return bad(match.error());
    for (auto const* key : {"start", "end"}) {
        auto const text = query_param(request, key);
        if (text.empty()) continue;
        if (auto problem = time_problem(key, text)) return bad(std::move(*problem));
    }
    return nothing_found(*match->conf, name);
}

Answer get_playback(ApiContext const& context, http::Request const& request) {
    if (auto problem = time_problem("start", query_param(request, "start"))) {
        return bad(std::move(*problem));
    }
    if (auto problem = duration_problem(query_param(request, "duration"))) {
        return bad(std::move(*problem));
    }
    auto const format = query_param(request, "format");
    if (!format.empty() && format != "fmp4" && format != "mp4") {
        return bad("invalid format: " + format);
    }
    auto const name = query_param(request, "path");
    auto const match = context.paths.find(name);
    if (!match) return bad(match.error());
    return nothing_found(*match->conf, name);
}

Answer list_recordings(ApiContext const&, http::Request const& request) {
    return list_answer(request, std::vector<std::string>{}, http::append_string);
}

Answer get_recording(ApiContext const& context, http::Request const& request) {
    auto const name = param(request, "name");
    if (name.empty()) return bad("invalid name");
    auto const match = context.paths.find(name);
    if (!match) return bad(match.error());
    std::string text;
    JsonObject item(text);
    item.add("name", name).begin("segments") += "[]";
    item.end();
    return text;
}

Answer delete_recording_segment(ApiContext const&, http::Request const&) {
    return bad("there are no recordings");
}

}  // namespace tidegate::router
