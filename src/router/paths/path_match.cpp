#include "router/paths/path_match.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/secret_parameter.hpp"
#include "config/path_name.hpp"

namespace tidegate::router {
namespace {

bool is_last(std::string_view name) {
    return name == "all" || name == "all_others";
}

std::vector<std::string> groups_of(re2::RE2 const& expression, std::string_view name) {
    // The first is the whole match.
    std::vector<re2::StringPiece> matched(
        static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
    expression.Match({name.data(), name.size()}, 0, name.size(), re2::RE2::UNANCHORED,
                     matched.data(), static_cast<int>(matched.size()));
    std::vector<std::string> groups;
    for (std::size_t i = 1; i < matched.size(); ++i) {
        groups.emplace_back(matched[i].data() == nullptr ? "" : matched[i].as_string());
    }
    return groups;
}

}  // namespace

std::expected<PathMatcher, std::string> PathMatcher::create(config::mediamtx::Conf const& conf) {
    PathMatcher matcher;
    for (auto const& path : conf.paths) {
        matcher.by_name_.emplace(path->name, path);
        if (!path->is_regex()) continue;
        auto expression = std::make_shared<re2::RE2 const>(path->regex(), re2::RE2::Quiet);
        if (!expression->ok()) {
            return std::unexpected("invalid regular expression: " + path->regex());
        }
        matcher.patterns_.push_back({std::move(expression), path});
    }
    // Byte order of the keys, but all and all_others behind everything.
    std::ranges::sort(matcher.patterns_, [](Pattern const& a, Pattern const& b) {
        return std::pair(is_last(a.conf->name), std::string_view(a.conf->name)) <
               std::pair(is_last(b.conf->name), std::string_view(b.conf->name));
    });
    return matcher;
}

std::expected<PathMatch, std::string> PathMatcher::find(std::string_view name) const {
    if (auto const exact = by_name_.find(name); exact != by_name_.end()) {
        return PathMatch{exact->second, {}};
    }
    if (auto const problem = config::path_name_problem(name)) {
        return std::unexpected("invalid path name: " + std::string(*problem) + " (" +
                               base::without_secrets(name) + ")");
    }
    for (auto const& pattern : patterns_) {
        if (re2::RE2::PartialMatch({name.data(), name.size()}, *pattern.expression)) {
            return PathMatch{pattern.conf, groups_of(*pattern.expression, name)};
        }
    }
    return std::unexpected("path '" + std::string(name) + "' is not configured");
}

}  // namespace tidegate::router
