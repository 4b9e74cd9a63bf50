// Finds the entry of the configuration that a path's name belongs to. Regular expressions are
// RE2's, as in MediaMTX, so that no name takes more than linear time. Immutable after create(); any
// thread.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/mediamtx/conf.hpp"

namespace re2 {
class RE2;
}

namespace tidegate::router {

struct PathMatch {
    config::mediamtx::PathConfPtr conf;
    std::vector<std::string> groups;  // G1 to Gn; one that matched nothing is empty
};

class PathMatcher {
public:
    // The error is a sentence about a bad expression, which a checked configuration does not have.
    static std::expected<PathMatcher, std::string> create(config::mediamtx::Conf const& conf);

    // The error: "path 'x' is not configured" or "invalid path name: <why> (<name>)".
    std::expected<PathMatch, std::string> find(std::string_view name) const;

private:
    struct Pattern {
        std::shared_ptr<re2::RE2 const> expression;
        config::mediamtx::PathConfPtr conf;
    };
    std::map<std::string, config::mediamtx::PathConfPtr, std::less<>> by_name_;
    std::vector<Pattern> patterns_;  // in the order they are tried
};

}  // namespace tidegate::router
