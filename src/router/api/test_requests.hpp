// Asks a module what the Control API and the metrics page would ask it: for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "router/api/protocol_module.hpp"

namespace tidegate::router {

// The answer of an endpoint: "/v3/rtmpconns/get/{id}"; an error as "404 connection not found".
inline std::string ask(std::vector<ApiEndpoint> const& endpoints, std::string const& pattern,
                       std::string const& id = {}) {
    for (auto const& endpoint : endpoints) {
        if (endpoint.pattern != pattern) continue;
        http::Request request;
        request.method = endpoint.method;
        request.params["id"] = id;
        auto const answer = endpoint.handle(request);
        if (answer) return *answer;
        return std::to_string(answer.error().status) + " " + answer.error().message;
    }
    return "no such endpoint";
}

// The page of a request with these parameters.
inline std::string page(std::vector<MetricsBlock> const& blocks,
                        std::vector<std::pair<std::string, std::string>> query = {}) {
    http::Request request;
    request.method = "GET";
    request.query = std::move(query);
    return metrics_page(blocks, request);
}

}  // namespace tidegate::router
