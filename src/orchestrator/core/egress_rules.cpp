#include "orchestrator/core/egress_rules.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <utility>

#include "orchestrator/core/desired_forwards.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

using Problem = std::optional<std::string>;

Problem unknown_key(json::object const& object, std::initializer_list<std::string_view> known) {
    for (auto const& member : object) {
        std::string_view const key{member.key().data(), member.key().size()};
        if (std::ranges::find(known, key) == known.end()) {
            return "unknown key '" + std::string(key) + "'";
        }
    }
    return std::nullopt;
}

// The text of a key; empty: it is not there.
std::expected<std::string, std::string> text_at(json::object const& object, char const* key) {
    auto const* const value = object.if_contains(key);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return std::unexpected(std::string(key) + " is not a text");
    return std::string(value->get_string());
}

Problem read_texts(json::object const& object, EgressDestination& into) {
    for (auto const& [key, target] :
         {std::pair{"name", &into.name}, std::pair{"url", &into.url},
          std::pair{"urlFile", &into.url_file}, std::pair{"urlEnv", &into.url_env}}) {
        auto text = text_at(object, key);
        if (!text) return text.error();
        *target = *std::move(text);
    }
    return std::nullopt;
}

Problem read_destination(json::value const& value, EgressDestination& into) {
    if (!value.is_object()) return "it is not an object";
    auto const& object = value.get_object();
    if (auto wrong = unknown_key(object, {"name", "url", "urlFile", "urlEnv", "enabled"})) {
        return wrong;
    }
    if (auto wrong = read_texts(object, into)) return wrong;
    if (!is_destination_name(into.name)) return "name must be 1 to 32 of A-Z a-z 0-9 _ -";
    int const places =
        int(!into.url.empty()) + int(!into.url_file.empty()) + int(!into.url_env.empty());
    if (places != 1) return "it must have one of url, urlFile and urlEnv";
    if (!into.url_env.empty() && !into.url_env.starts_with(kUrlVariables)) {
        return "urlEnv must begin with " + std::string(kUrlVariables);
    }
    if (auto const* const enabled = object.if_contains("enabled")) {
        if (!enabled->is_bool()) return "enabled is not true or false";
        into.enabled = enabled->get_bool();
    }
    return std::nullopt;
}

Problem read_destinations(json::value const* value, std::vector<EgressDestination>& into) {
    if (value == nullptr || !value->is_array()) return "destinations is not a list";
    if (value->get_array().size() > kMaxDestinations) return "it has too many destinations";
    for (auto const& one : value->get_array()) {
        EgressDestination destination;
        if (auto wrong = read_destination(one, destination)) {
            return "destination " + std::to_string(into.size()) + ": " + *wrong;
        }
        auto const same = [&](auto const& other) { return other.name == destination.name; };
        if (std::ranges::any_of(into, same)) {
            return "the destination '" + destination.name + "' is there twice";
        }
        into.push_back(std::move(destination));
    }
    return std::nullopt;
}

Problem read_rule(json::value const& value, EgressRule& into) {
    if (!value.is_object()) return "it is not an object";
    auto const& object = value.get_object();
    if (auto wrong = unknown_key(object, {"streamId", "destinations"})) return wrong;
    auto pattern = text_at(object, "streamId");
    if (!pattern) return pattern.error();
    if (pattern->empty()) return "streamId is missing";
    into.pattern = *std::move(pattern);
    return read_destinations(object.if_contains("destinations"), into.destinations);
}

bool is_version_1(json::value const* version) {
    return version == nullptr || (version->is_int64() && version->get_int64() == 1) ||
           (version->is_uint64() && version->get_uint64() == 1);
}

}  // namespace

std::expected<EgressRules, std::string> read_egress_rules(json::value const& document) {
    if (document.is_null()) return EgressRules{};  // an empty file
    if (!document.is_object()) return std::unexpected("it is not an object with rules");
    auto const& object = document.get_object();
    if (auto wrong = unknown_key(object, {"version", "rules"})) return std::unexpected(*wrong);
    if (!is_version_1(object.if_contains("version"))) return std::unexpected("version is not 1");
    auto const* const list = object.if_contains("rules");
    if (list == nullptr || list->is_null()) return EgressRules{};
    if (!list->is_array()) return std::unexpected("rules is not a list");
    if (list->get_array().size() > kMaxEgressRules) return std::unexpected("too many rules");
    EgressRules rules;
    for (auto const& one : list->get_array()) {
        EgressRule rule;
        if (auto const wrong = read_rule(one, rule)) {
            return std::unexpected("rule " + std::to_string(rules.size()) + ": " + *wrong);
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::vector<EgressDestination const*> destinations_of(EgressRules const& rules,
                                                      std::string const& stream_id) {
    std::vector<EgressDestination const*> found;
    for (auto const& rule : rules) {
        if (::fnmatch(rule.pattern.c_str(), stream_id.c_str(), 0) != 0) continue;
        for (auto const& one : rule.destinations) {
            auto const same = [&](auto const* other) { return other->name == one.name; };
            if (found.size() == kMaxDestinations || std::ranges::any_of(found, same)) continue;
            found.push_back(&one);
        }
    }
    return found;
}

}  // namespace tidegate::orchestrator
