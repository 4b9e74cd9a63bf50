#include "config/mediamtx/legacy_users.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "config/mediamtx/schema.hpp"

namespace tidegate::config::mediamtx {
namespace {

constexpr std::array<std::string_view, 6> kLegacyKeys{"publishUser", "publishPass", "publishIPs",
                                                      "readUser",    "readPass",    "readIPs"};

// What stays open beside the paths' own users.
constexpr std::string_view kOthers =
    R"([{"user":"any","pass":"","ips":[],"permissions":[{"action":"playback","path":""}]},)"
    R"({"user":"any","pass":"","ips":["127.0.0.1/32","::1/128"],"permissions":[)"
    R"({"action":"api","path":""},{"action":"metrics","path":""},{"action":"pprof","path":""}]}])";

std::string text_or(json::object const& entry, std::string const& key, std::string_view fallback) {
    auto const* value = entry.if_contains(key);
    if (value == nullptr || value->get_string().empty()) return std::string(fallback);
    return std::string(value->get_string());
}

json::value user_of(json::object const& entry, std::string const& action) {
    auto const name = text_or(entry, "name", "");
    auto const* ips = entry.if_contains(action + "IPs");
    bool const limited = ips != nullptr && !ips->get_array().empty();
    bool const is_all = name == "all" || name == "all_others";
    return json::object{{"user", text_or(entry, action + "User", "any")},
                        {"pass", text_or(entry, action + "Pass", "")},
                        {"ips", limited ? *ips : json::value(json::array{"0.0.0.0/0", "::/0"})},
                        {"permissions", {{{"action", action}, {"path", is_all ? "~^.*$" : name}}}}};
}

}  // namespace

bool has_legacy_users(json::object const& given) {
    return std::ranges::any_of(kLegacyKeys,
                               [&](std::string_view key) { return given.contains(key); });
}

std::expected<void, std::string> apply_legacy_users(
    json::object& global_values, std::vector<json::object const*> const& entries) {
    auto& users = global_values.at("authInternalUsers");
    auto const* key = find_key(global_keys(), "authInternalUsers");
    if (users != json::parse(key->fallback)) {
        return std::unexpected(
            "authInternalUsers and legacy credentials (publishUser, publishPass, publishIPs, "
            "readUser, readPass, readIPs) cannot be used together");
    }
    users = json::parse(kOthers);
    for (auto const* entry : entries) {
        users.get_array().push_back(user_of(*entry, "publish"));
        users.get_array().push_back(user_of(*entry, "read"));
    }
    return {};
}

}  // namespace tidegate::config::mediamtx
