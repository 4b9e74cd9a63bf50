// Errors of the HTTP API, in the form of RFC 9457 (problem details). `type` is a URN that never
// changes; each type has one `title`; `detail` is for people and may change. Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "http/server.hpp"

namespace tidegate::orchestrator {

inline constexpr std::string_view kProblemContentType = "application/problem+json";
inline constexpr std::string_view kProblemTypePrefix = "urn:tidegate:problem:";

enum class Problem {
    bad_request,
    invalid_body,    // 400: the body is not JSON that we accept
    unauthorized,    // 401: no token, or nobody's
    cross_origin,    // 403: a web page of another origin asks
    closed,          // 403: there are no tokens, and the client is not on this machine
    only_operators,  // 403: the token is a viewer's
    not_found,
    method_not_allowed,
    request_timeout,
    length_required,
    body_too_large,
    unsupported_media_type,
    invalid_event,  // 422: the body is JSON, but not an event of the schema
    headers_too_large,
    internal_error,
    overloaded,
    router_unreachable,
    router_refused,  // 502: it answers, but does not do what was asked
    no_leader,       // 503: another replica would have to do it, and there is none
    conflict,        // 409: not as things are now
};

// extra: further members of the JSON object.
http::Response problem(Problem problem, std::string_view detail, boost::json::object extra = {});

// The answer to a request that the HTTP server itself refuses (http::ServerSettings::refuse).
http::Response refuse(http::Refusal refusal, http::RefusalInfo const& info);

}  // namespace tidegate::orchestrator
