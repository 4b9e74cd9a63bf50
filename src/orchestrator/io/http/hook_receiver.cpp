#include "orchestrator/io/http/hook_receiver.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "base/random.hpp"
#include "http/json_text.hpp"
#include "log/log.hpp"
#include "orchestrator/io/http/json_request.hpp"
#include "orchestrator/io/http/leader_proxy.hpp"
#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool is_encoded(http::Request const& request) {
    auto const encoding = request.header("content-encoding");
    return encoding && lower_trimmed(*encoding) != "identity";
}

http::Response answer(HookBodyError const& error) {
    if (!error.is_json) return problem(Problem::invalid_body, error.detail);
    json::array fields;
    for (auto const& [field, detail] : error.fields) {
        fields.push_back(json::object{{"field", field}, {"detail", detail}});
    }
    return problem(Problem::invalid_event, error.detail, {{"errors", std::move(fields)}});
}

http::Response answer(HookEvent const& event) {
    http::Response response;
    response.content_type = "application/json";
    response.body = http::to_text(json::object{{"status", name(event.outcome)},
                                               {"streamId", event.body.stream.stream_id},
                                               {"correlationId", event.correlation_id}});
    return response;
}

// Logs every event, also one that says nothing new: hooks overtake each other, and an operator may
// need to see just that.
void log_received(HookEvent const& event) {
    auto const& body = event.body;
    log::write(log::Level::info, "hook.received", "the router reports a stream",
               {{"type", name(event.type)},
                {"streamId", std::string_view(body.stream.stream_id)},
                {"path", std::string_view(body.path)},
                {"sourceId", std::string_view(body.source_id)},
                {"sourceType", std::string_view(body.source_type)},
                {"query", std::string_view(body.query)},
                {"outcome", name(event.outcome)},
                {"correlationId", std::string_view(event.correlation_id)}});
}

}  // namespace

std::string correlation_id_of(http::Request const& request) {
    auto const given = request.header("x-correlation-id").value_or("");
    auto const usable = !given.empty() && given.size() <= kMaxCorrelationIdBytes &&
                        std::ranges::all_of(given, is_id_character);
    return usable ? std::string(given) : base::random_uuid();
}

std::string path_of(HookType type) {
    return "/v1/mediamtx/events/" + std::string(name(type));
}

std::optional<HookType> event_of(http::Request const& request) {
    if (request.method != "POST") return std::nullopt;
    for (auto const type : {HookType::ready, HookType::not_ready}) {
        if (request.path == path_of(type)) return type;
    }
    return std::nullopt;
}

HookReceiver::HookReceiver(HookHistory& hooks, ServiceMetrics& metrics, OnEvent on_event)
    : hooks_(hooks), metrics_(metrics), on_event_(std::move(on_event)) {}

http::Response HookReceiver::receive(HookType type, http::Request const& request) {
    auto const started = std::chrono::steady_clock::now();
    if (!request.header("content-length") && !request.header("transfer-encoding")) {
        return refused(
            type, request,
            problem(Problem::length_required, "Content-Length or chunked encoding is required"),
            "no length");
    }
    if (!is_json(request) || is_encoded(request)) {
        return refused(type, request,
                       problem(Problem::unsupported_media_type,
                               "Content-Type must be application/json, without a Content-Encoding"),
                       "unsupported media type");
    }
    auto body = parse_hook_body(request.body);
    if (!body) return refused(type, request, answer(body.error()), body.error().detail);
    auto const query = mask_query(body->query);
    body->query = shown_query(query);
    HookEvent told{type, std::move(*body), correlation_id_of(request),
                   std::chrono::system_clock::now()};
    told.sender = request.remote_ip;
    if (request.header(kPassedOnHeader)) {
        told.sender = request.header(kPassedOnForHeader).value_or(told.sender);
    }
    auto const event = hooks_.apply(std::move(told));
    log_received(*event);
    metrics_.received(type, event->outcome, std::chrono::steady_clock::now() - started);
    metrics_.streams(hooks_.streams().size(), hooks_.live());
    if (on_event_) on_event_(*event, query);
    auto response = answer(*event);
    response.headers.emplace_back("X-Correlation-ID", event->correlation_id);
    return response;
}

http::Response HookReceiver::refused(HookType type, http::Request const& request,
                                     http::Response response, std::string_view reason) {
    auto id = correlation_id_of(request);
    log::write(log::Level::warn, "hook.refused", reason,
               {{"type", name(type)},
                {"status", static_cast<std::int64_t>(response.status)},
                {"remote", std::string_view(request.remote_address)},
                {"correlationId", std::string_view(id)}});
    response.headers.emplace_back("X-Correlation-ID", std::move(id));
    return response;
}

}  // namespace tidegate::orchestrator
