// Nothing is ever recorded here (docs/compatibility.md): empty lists, in MediaMTX's form.
#include "router/api/handlers.hpp"
#include "router/paths/path_match.hpp"

namespace tidegate::router {

Answer list_recordings(ApiContext const&, http::Request const& request) {
    return list_answer(request, std::vector<std::string>{},
                       [](std::string const& name) { return json::value(name); });
}

Answer get_recording(ApiContext const& context, http::Request const& request) {
    auto const name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    auto const matcher = PathMatcher::create(*context.config.get());
    auto const match = matcher ? matcher->find(name) : std::unexpected(matcher.error());
    if (!match) return std::unexpected(ApiError{400, match.error()});
    return json::object{{"name", name}, {"segments", json::array{}}};
}

Answer delete_recording_segment(ApiContext const&, http::Request const&) {
    return std::unexpected(ApiError{400, "there are no recordings"});
}

}  // namespace tidegate::router
