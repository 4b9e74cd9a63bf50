#include "endpoint/health_routes.hpp"

#include <utility>

namespace tidegate::endpoint {

namespace {

constexpr unsigned kUnavailable = 503;

// A kubelet looks at the status only; the text is for people.
http::Response verdict(std::optional<std::string> const& against) {
    http::Response response;
    if (against) response.status = kUnavailable;
    response.content_type = "text/plain; charset=utf-8";
    response.body = against.value_or("ok") + "\n";
    return response;
}

}  // namespace

http::Response readiness(Told const& told) {
    return verdict(not_ready(told));
}

http::Response liveness(Told const& told, Told::Time now) {
    return verdict(hanging(told, now));
}

http::Response status(Told const& told, RunName const& run, Told::Time now) {
    http::Response response;
    response.content_type = "application/json";
    response.body = to_json(told, run, now);
    return response;
}

}  // namespace tidegate::endpoint
