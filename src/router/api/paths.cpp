#include <algorithm>

#include "router/api/handlers.hpp"
#include "router/api/tracks.hpp"

namespace tidegate::router {
namespace {

// An item is written as text: as a tree of values, a list of a thousand would cost several times
// as much, and media-service reads it after every event.

// MediaMTX counts a redirection as online since the year 1.
constexpr std::string_view kRedirectOnline =
    R"(,"online":true,"onlineTime":"0001-01-01T00:00:00Z")";

void append_time(std::string& text, std::optional<WallTime> const& time) {
    if (!time) {
        text += "null";
        return;
    }
    text += '"';
    text += to_text(*time);
    text += '"';
}

void append_since(std::string& text, std::string_view flag, std::string_view name,
                  std::optional<WallTime> const& since) {
    text += flag;
    text += since ? "true" : "false";
    text += name;
    append_time(text, since);
}

void append_endpoint(std::string& text, Endpoint const& endpoint) {
    text += "{\"type\":";
    append_string(text, endpoint.type);
    text += ",\"id\":";
    append_string(text, endpoint.id);
    text += '}';
}

void append_readers(std::string& text, PathInfo const& path) {
    if (path.readers == nullptr) return;
    for (auto const& reader : *path.readers) {
        if (&reader != &path.readers->front()) text += ',';
        append_endpoint(text, reader);
    }
}

void append_count(std::string& text, std::string_view name, std::uint64_t number) {
    text += name;
    append_number(text, number);
}

}  // namespace

void append_path(std::string& text, PathInfo const& path) {
    text += "{\"name\":";
    append_string(text, path.name);
    text += ",\"confName\":";
    append_string(text, path.conf_name);
    append_since(text, ",\"ready\":", ",\"readyTime\":", path.available_since);
    append_since(text, ",\"available\":", ",\"availableTime\":", path.available_since);
    if (path.source && path.source->type == "redirect") {
        text += kRedirectOnline;
    } else {
        append_since(text, ",\"online\":", ",\"onlineTime\":", path.online_since);
    }
    text += ",\"source\":";
    if (path.source) {
        append_endpoint(text, *path.source);
    } else {
        text += "null";
    }
    text += ',';
    text +=
        path.tracks != nullptr ? path.tracks->text(&tracks_text) : R"("tracks":[],"tracks2":[])";
    text += ",\"readers\":[";
    append_readers(text, path);
    append_count(text, "],\"inboundBytes\":", path.inbound_bytes);
    append_count(text, ",\"outboundBytes\":", path.outbound_bytes);
    append_count(text, ",\"inboundFramesInError\":", path.inbound_frames_in_error);
    append_count(text, ",\"bytesReceived\":", path.inbound_bytes);
    append_count(text, ",\"bytesSent\":", path.outbound_bytes);
    text += '}';
}

Answer list_paths(ApiContext const& context, http::Request const& request) {
    auto paths = context.state.paths();
    if (!std::ranges::is_sorted(paths, {}, &PathInfo::name)) {
        std::ranges::sort(paths, {}, &PathInfo::name);
    }
    return list_answer(request, paths, append_path);
}

Answer get_path(ApiContext const& context, http::Request const& request) {
    auto const name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    auto const path = context.state.path(name);
    if (!path) return std::unexpected(ApiError{404, "path not found"});
    std::string text;
    append_path(text, *path);
    return Body(std::move(text));
}

}  // namespace tidegate::router
