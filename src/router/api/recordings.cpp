// What is recorded, for the Control API.
#include <algorithm>
#include <map>
#include <utility>

#include "base/go_time.hpp"
#include "recording/catalogue.hpp"
#include "router/api/handlers.hpp"
#include "router/paths/path_match.hpp"

namespace tidegate::router {
namespace {

using recording::FileTime;
using Starts = std::vector<FileTime>;
using StartsByPath = std::map<std::string, Starts, std::less<>>;

void append_recording(std::string& text, std::string_view name, Starts const& starts) {
    JsonObject item(text);
    item.add("name", name);
    http::append_array(item.begin("segments"), starts, [](std::string& segment, FileTime start) {
        JsonObject(segment).add("start", to_text(WallTime(start))).end();
    });
    item.end();
}

std::vector<recording::PathTemplate> templates_of(config::mediamtx::Conf const& conf) {
    std::vector<recording::PathTemplate> all;
    for (auto const& path : conf.paths) {
        auto const& files = path->recording.files;
        if (std::ranges::find(all, files) == all.end()) all.push_back(files);
    }
    return all;
}

// What each path has by its own configuration. Files that no path would record now are not shown,
// as in MediaMTX.
StartsByPath recordings_of(config::mediamtx::Conf const& conf) {
    StartsByPath all;
    auto const paths = PathMatcher::create(conf);
    if (!paths) return all;  // impossible: build() checks expressions
    for (auto const& files : templates_of(conf)) {
        for (auto& [name, starts] : recording::find_all(files)) {
            auto const match = paths->find(name);
            if (match && match->conf->recording.files == files) all[name] = std::move(starts);
        }
    }
    return all;
}

Answer answer_of(std::string const& name, recording::PathTemplate const& files) {
    Starts starts;
    if (auto const found = recording::find_segments(files, name)) {
        for (auto const& segment : *found) starts.push_back(segment.start);
    }
    std::string text;
    append_recording(text, name, starts);
    return text;
}

Answer answer_of_deletion(std::string const& name, recording::PathTemplate const& files,
                          FileTime start) {
    auto const deleted = recording::delete_segment(files, name, start);
    if (!deleted) return std::unexpected(ApiError{400, deleted.error()});
    return ok_answer();
}

}  // namespace

FileAnswer list_recordings(ApiContext const& context, http::Request const& request) {
    return [conf = context.config.get(), request] {
        auto const all = recordings_of(*conf);
        std::vector<StartsByPath::value_type const*> items;
        for (auto const& one : all) items.push_back(&one);
        return list_answer(request, items, [](std::string& text, auto const* item) {
            append_recording(text, item->first, item->second);
        });
    };
}

FileAnswer get_recording(ApiContext const& context, http::Request const& request) {
    auto name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    auto const match = context.paths.find(name);
    if (!match) return std::unexpected(ApiError{400, match.error()});
    return [conf = match->conf, name = std::move(name)] {
        return answer_of(name, conf->recording.files);
    };
}

FileAnswer delete_recording_segment(ApiContext const& context, http::Request const& request) {
    auto const start = base::parse_go_time(query_param(request, "start"));
    if (!start) {
        return std::unexpected(ApiError{400, "invalid 'start' parameter: " + start.error()});
    }
    auto name = query_param(request, "path");
    auto const match = context.paths.find(name);
    if (!match) return std::unexpected(ApiError{400, match.error()});
    return [conf = match->conf, name = std::move(name), start = *start] {
        return answer_of_deletion(name, conf->recording.files, start);
    };
}

}  // namespace tidegate::router
