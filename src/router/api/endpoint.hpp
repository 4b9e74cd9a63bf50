// One method and path of the Control API, with what answers it.
#pragma once

#include <functional>
#include <string>

#include "http/message.hpp"
#include "router/api/answer.hpp"

namespace tidegate::router {

struct ApiEndpoint {
    std::string method;
    std::string pattern;  // "/v3/paths/get/{name...}"
    std::function<Answer(http::Request const&)> handle;
};

}  // namespace tidegate::router
