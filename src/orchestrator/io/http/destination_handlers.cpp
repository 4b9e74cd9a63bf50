#include "orchestrator/io/http/destination_handlers.hpp"

#include <boost/json/parse.hpp>
#include <expected>
#include <optional>
#include <utility>

#include "base/stream_id.hpp"
#include "http/json_text.hpp"
#include "orchestrator/core/report_json.hpp"
#include "orchestrator/io/http/destination_json.hpp"
#include "orchestrator/io/http/json_request.hpp"
#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

http::Response as_response(json::object const& body, unsigned status) {
    http::Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = http::to_text(body);
    return response;
}

http::Response as_problem(EgressError const& error) {
    switch (error.kind) {
        case EgressError::Kind::invalid:
            return problem(Problem::invalid_body, error.message);
        case EgressError::Kind::not_found:
            return problem(Problem::not_found, error.message);
        case EgressError::Kind::conflict:
            return problem(Problem::conflict, error.message);
        case EgressError::Kind::failed:
            return problem(Problem::internal_error, error.message);
    }
    std::unreachable();
}

http::Response no_such_stream() {
    return problem(Problem::not_found, "a stream's id has 1 to 128 of A-Z a-z 0-9 _ -");
}

http::Response no_such_destination_here() {
    return problem(Problem::not_found, "the stream has no such destination");
}

std::optional<ForwardName> name_of(http::Request const& request) {
    ForwardName name{request.params.at("id"), request.params.at("name")};
    if (!base::is_stream_id(name.stream_id) || !is_destination_name(name.destination)) {
        return std::nullopt;
    }
    return name;
}

struct Asked {
    std::string name, url;
};

// The error is a sentence that repeats nothing of the body, which has a secret.
std::expected<Asked, std::string> read_body(std::string const& body) {
    boost::system::error_code error;
    auto const value = json::parse(body, error);
    if (error || !value.is_object()) return std::unexpected("the body must be a JSON object");
    auto const& object = value.get_object();
    for (auto const& member : object) {
        if (member.key() != "name" && member.key() != "url") {
            return std::unexpected("the body has name and url, and nothing else");
        }
    }
    Asked asked{std::string(text_of(object, "name")), std::string(text_of(object, "url"))};
    if (!is_destination_name(asked.name)) {
        return std::unexpected("name must be a text of 1 to 32 of A-Z a-z 0-9 _ -");
    }
    if (asked.url.empty()) return std::unexpected("url is missing");
    return asked;
}

}  // namespace

http::Response DestinationHandlers::shown(ForwardName const& name, unsigned status) const {
    auto const view = forwards_.view(name);
    if (!view) return no_such_destination_here();
    auto const pid_of = [this](WorkerHandle handle) { return forwards_.pid_of(handle); };
    return as_response(to_json(*view, pid_of), status);
}

http::Response DestinationHandlers::list(http::Request const& request) const {
    auto const& id = request.params.at("id");
    if (!base::is_stream_id(id)) return no_such_stream();
    json::array items;
    auto const pid_of = [this](WorkerHandle handle) { return forwards_.pid_of(handle); };
    for (auto const& view : forwards_.views(id)) items.push_back(to_json(view, pid_of));
    return as_response({{"itemCount", items.size()}, {"items", std::move(items)}}, 200);
}

http::Response DestinationHandlers::show(http::Request const& request) const {
    auto const name = name_of(request);
    return name ? shown(*name, 200) : no_such_destination_here();
}

http::Response DestinationHandlers::add(http::Request const& request) {
    auto const& id = request.params.at("id");
    if (!base::is_stream_id(id)) return no_such_stream();
    if (!is_json(request)) {
        return problem(Problem::unsupported_media_type, "the body must be application/json");
    }
    auto const asked = read_body(request.body);
    if (!asked) return problem(Problem::invalid_body, asked.error());
    ForwardName const name{id, asked->name};
    if (auto const added = egress_.add(name, asked->url); !added) return as_problem(added.error());
    on_operate_(name, "add");
    forwards_.refresh(id);
    return shown(name, 201);
}

http::Response DestinationHandlers::remove(http::Request const& request) {
    auto const name = name_of(request);
    if (!name) return no_such_destination_here();
    if (auto const removed = egress_.remove(*name); !removed) return as_problem(removed.error());
    on_operate_(*name, "remove");
    forwards_.refresh(name->stream_id);
    http::Response response;
    response.status = 204;
    return response;
}

http::Response DestinationHandlers::set_enabled(http::Request const& request, bool enabled) {
    auto const name = name_of(request);
    if (!name) return no_such_destination_here();
    if (auto const set = egress_.set_enabled(*name, enabled); !set) return as_problem(set.error());
    on_operate_(*name, enabled ? "enable" : "disable");
    forwards_.refresh(name->stream_id);
    return shown(*name, 202);
}

http::Response DestinationHandlers::restart(http::Request const& request) {
    auto const name = name_of(request);
    if (!name || !forwards_.view(*name)) return no_such_destination_here();
    if (!forwards_.restart(*name)) {
        return problem(Problem::conflict,
                       "the destination has no forwarder: its stream has no "
                       "output, or it is switched off");
    }
    on_operate_(*name, "restart");
    return shown(*name, 202);
}

}  // namespace tidegate::orchestrator
