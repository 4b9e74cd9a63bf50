#include "orchestrator/io/http/stream_handlers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <ranges>
#include <utility>

#include "base/number.hpp"
#include "http/json_text.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

template <class Events>
json::array newest_first(Events const& events, std::size_t limit) {
    json::array items;
    for (auto const& event : events | std::views::reverse | std::views::take(limit)) {
        items.push_back(to_json(*event));
    }
    return items;
}

http::Response ok(json::object const& body, unsigned status = 200) {
    http::Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = http::to_text(body);
    return response;
}

std::optional<std::size_t> parse_limit(std::string_view text) {
    auto const limit = base::parse_number<std::size_t>(text);
    return limit && *limit >= 1 && *limit <= kMaxEvents ? limit : std::nullopt;
}

std::optional<json::object> find_stream(HookHistory const& hooks, ControlPlane const& control,
                                        std::string_view stream_id) {
    auto const* const record = hooks.find(stream_id);
    auto const view = control.view(stream_id);
    if (record == nullptr && !view) return std::nullopt;
    auto body = stream_json(stream_id, record, view, site_source(control));
    body["lastEvents"] =
        record == nullptr ? json::array{} : newest_first(record->last_events, kEventsPerStream);
    json::array dubs;
    if (view) {
        for (auto const& dub : view->dubs) dubs.push_back(to_json(dub, true));
    }
    body["dubs"] = std::move(dubs);
    json::array rejected;
    for (auto const& param : control.rejected_params(stream_id)) {
        rejected.push_back(json::object{{"key", param.key}, {"reason", describe(param.error)}});
    }
    body["rejectedParams"] = std::move(rejected);
    return body;
}

http::Response unknown_stream() {
    return problem(Problem::not_found, "no event and no list has named this stream");
}

}  // namespace

SiteOf site_source(ControlPlane const& control) {
    return [&control](WorkerHandle handle) {
        return WorkerSite{control.pid_of(handle), control.place_of(handle)};
    };
}

http::Response show_stream(HookHistory const& hooks, ControlPlane const& control,
                           http::Request const& request, json::value media) {
    auto body = find_stream(hooks, control, request.params.at("id"));
    if (!body) return unknown_stream();
    (*body)["media"] = std::move(media);
    return ok(*body);
}

http::Response list_events(HookHistory const& hooks, http::Request const& request) {
    auto const limit =
        parse_limit(request.query_value("limit").value_or(std::to_string(kMaxEvents)));
    if (!limit) return problem(Problem::bad_request, "limit must be a number from 1 to 1000");
    auto items = newest_first(hooks.events(), *limit);
    return ok({{"itemCount", items.size()}, {"items", std::move(items)}});
}

http::Response operate_stream(HookHistory const& hooks, ControlPlane& control,
                              OperatorAction action, http::Request const& request) {
    auto const& stream_id = request.params.at("id");
    if (!control.operate(stream_id, action)) return unknown_stream();
    return ok(*find_stream(hooks, control, stream_id), 202);
}

}  // namespace tidegate::orchestrator
