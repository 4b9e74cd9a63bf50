// Errors of the HTTP API: RFC 9457 problem details. `type` is a stable URN, the same for ever;
// `title` goes with the type; `detail` is for people and may change. Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace tidegate::orchestrator {

inline constexpr std::string_view kProblemContentType = "application/problem+json";
inline constexpr std::string_view kProblemTypePrefix = "urn:tidegate:problem:";

enum class Problem {
    bad_request,
    invalid_body,  // 400: not acceptable JSON
    cross_origin,  // 403: a web page of somebody else's
    not_found,
    method_not_allowed,
    request_timeout,
    length_required,
    body_too_large,
    unsupported_media_type,
    invalid_event,  // 422: JSON, but not the contract's
    headers_too_large,
    internal_error,
    overloaded,
    router_unreachable,
};

http::Response problem(Problem problem, std::string_view detail, boost::json::object extra = {});

// For http::ServerSettings::refuse.
http::Response refuse(http::Refusal refusal, http::RefusalInfo const& info);

}  // namespace tidegate::orchestrator
