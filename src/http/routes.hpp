// Finds the handler for a method and a path. Filled before the server starts, then only read.
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
    // pattern: "/a/b", "/a/{id}/b" (one segment) or "/a/{name...}" (the rest of the path, which may
    // have slashes and has at least one character). REQUIRES: it starts with '/'.
    void add(std::string_view method, std::string_view pattern, WaitingHandler handler);

    struct Match {
        // Null: no pattern matches the path, or (`allow` is not empty) none with this method.
        WaitingHandler const* handler = nullptr;
        Params params;      // what stands in the path for {id} and {name...}
        std::string allow;  // if handler is null: the methods of the path, "GET, HEAD, POST"
    };
    // path: decoded. HEAD finds the route of GET, unless it has its own. A pattern without {} goes
    // before the others; among those, the one that was added first.
    Match find(std::string_view method, std::string_view path) const;

private:
    struct Segment {
        enum class Kind : unsigned char { fixed, one, rest } kind;
        std::string text;  // the segment itself, or the parameter's name
    };
    struct Route {
        std::vector<Segment> segments;
        std::map<std::string, WaitingHandler, std::less<>> handlers;  // by method
    };
    using ByMethod = std::map<std::string, WaitingHandler, std::less<>>;

    static std::vector<Segment> parse(std::string_view pattern);
    static bool matches(Route const& route, std::string_view path, Params& params);
    static bool take(ByMethod const& handlers, std::string_view method, Match& match);

    std::map<std::string, ByMethod, std::less<>> fixed_;
    std::vector<std::pair<std::string, Route>> captured_;  // by pattern
};

}  // namespace tidegate::http
