// Which handler answers a method and a path. Filled before the server starts, then only read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::http {

using Params = std::map<std::string, std::string, std::less<>>;

class Routes {
public:
    // "/a/{id}/b" or "/a/{name...}" (the rest, at least one character). REQUIRES: starts with '/'.
    void add(std::string_view method, std::string_view pattern, Handler handler);

    struct Match {
        Handler const* handler =
            nullptr;  // null: not found, or (allow is not empty) not this method
        Params params;
        std::string allow;  // "GET, HEAD, POST": what the path takes; filled when handler is null
    };
    // path: decoded. HEAD is taken by the GET route. Fixed patterns win, then the order of adding.
    Match find(std::string_view method, std::string_view path) const;

private:
    struct Segment {
        enum class Kind : unsigned char { fixed, one, rest } kind;
        std::string text;  // the segment itself, or the parameter's name
    };
    struct Route {
        std::vector<Segment> segments;
        std::map<std::string, Handler, std::less<>> handlers;  // by method
    };
    using ByMethod = std::map<std::string, Handler, std::less<>>;

    static std::vector<Segment> parse(std::string_view pattern);
    static bool matches(Route const& route, std::string_view path, Params& params);
    static bool take(ByMethod const& handlers, std::string_view method, Match& match);

    std::map<std::string, ByMethod, std::less<>> fixed_;
    std::vector<std::pair<std::string, Route>> captured_;  // by pattern
};

}  // namespace tidegate::http
