#include "orchestrator/io/http/problem.hpp"

#include <utility>

#include "http/json_text.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

struct Kind {
    Problem problem;
    unsigned status;
    std::string_view type;
    std::string_view title;
};

constexpr Kind kKinds[] = {
    {Problem::bad_request, 400, "bad-request", "The request is not valid HTTP"},
    {Problem::invalid_body, 400, "invalid-body", "The body is not acceptable JSON"},
    {Problem::unauthorized, 401, "unauthorized", "A token is needed"},
    {Problem::closed, 403, "closed", "The service answers its own machine only"},
    {Problem::only_operators, 403, "operators-only", "Only an operator may do this"},
    {Problem::cross_origin, 403, "cross-origin", "A page of another origin may not do this"},
    {Problem::not_found, 404, "not-found", "There is no such resource"},
    {Problem::method_not_allowed, 405, "method-not-allowed",
     "The resource does not take this method"},
    {Problem::request_timeout, 408, "request-timeout", "The request took too long to arrive"},
    {Problem::conflict, 409, "conflict", "This cannot be done as things are now"},
    {Problem::length_required, 411, "length-required", "The body's length is missing"},
    {Problem::body_too_large, 413, "body-too-large", "The body is too large"},
    {Problem::unsupported_media_type, 415, "unsupported-media-type",
     "The body's type is not taken"},
    {Problem::invalid_event, 422, "invalid-event", "The event does not follow the contract"},
    {Problem::headers_too_large, 431, "headers-too-large", "The header is too large"},
    {Problem::internal_error, 500, "internal-error", "The service failed"},
    {Problem::router_refused, 502, "router-refused", "The media router did not do it"},
    {Problem::overloaded, 503, "overloaded", "The service has too many connections"},
    {Problem::no_leader, 503, "no-leader", "No replica leads"},
    {Problem::router_unreachable, 503, "router-unreachable", "The media router does not answer"},
};

Kind const& kind_of(Problem problem) {
    for (auto const& kind : kKinds) {
        if (kind.problem == problem) return kind;
    }
    std::unreachable();
}

Problem problem_of(http::Refusal refusal) {
    switch (refusal) {
        case http::Refusal::bad_request:
            return Problem::bad_request;
        case http::Refusal::foreign_page:
            return Problem::cross_origin;
        case http::Refusal::not_found:
            return Problem::not_found;
        case http::Refusal::method_not_allowed:
            return Problem::method_not_allowed;
        case http::Refusal::length_required:
            return Problem::length_required;
        case http::Refusal::body_too_large:
            return Problem::body_too_large;
        case http::Refusal::headers_too_large:
            return Problem::headers_too_large;
        case http::Refusal::request_timeout:
            return Problem::request_timeout;
        case http::Refusal::internal_error:
            return Problem::internal_error;
        case http::Refusal::overloaded:
            return Problem::overloaded;
    }
    std::unreachable();
}

}  // namespace

http::Response problem(Problem problem, std::string_view detail, json::object extra) {
    auto const& kind = kind_of(problem);
    json::object body{{"type", std::string(kProblemTypePrefix) + std::string(kind.type)},
                      {"title", kind.title},
                      {"status", kind.status},
                      {"detail", detail}};
    for (auto& [key, value] : extra) body.insert_or_assign(key, std::move(value));
    http::Response response;
    response.status = kind.status;
    response.content_type = kProblemContentType;
    response.body = http::to_text(body);
    return response;
}

http::Response refuse(http::Refusal refusal, http::RefusalInfo const& info) {
    auto response = problem(problem_of(refusal), info.detail);
    if (!info.allow.empty()) response.headers.emplace_back("Allow", info.allow);
    return response;
}

}  // namespace tidegate::orchestrator
