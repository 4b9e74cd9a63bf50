#include "router/hooks/hook_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tidegate::router {
namespace {

// Those of deploy's file of passwords that do not belong to the configuration: media-service and
// its workers have them of the same file.
constexpr std::array<std::string_view, 2> kOfOtherPrograms = {"ROUTER_API_PASSWORD",
                                                              "WORKER_PASSWORD"};

// The configuration by environment (contract §1.3), under its present name and its old one.
bool is_configuration(std::string_view name) {
    return name.starts_with("MTX_") || name.starts_with("RTSP_");
}

// rtsp://user:password@camera
bool has_userinfo(std::string_view value) {
    auto const scheme = value.find("://");
    if (scheme == value.npos) return false;
    auto const authority = value.substr(scheme + 3, value.find('/', scheme + 3) - (scheme + 3));
    return authority.contains('@');
}

bool is_secret(std::string_view entry) {
    auto const equals = std::min(entry.find('='), entry.size());
    auto const name = entry.substr(0, equals);
    if (std::ranges::find(kOfOtherPrograms, name) != kOfOtherPrograms.end()) return true;
    // PASS, PASSWORD, PASSPHRASE; users may be hashes of names.
    return is_configuration(name) &&
           (name.contains("PASS") || name.starts_with("MTX_AUTHINTERNALUSERS_") ||
            has_userinfo(entry.substr(equals)));
}

}  // namespace

std::vector<std::string> inherited_by_hooks(std::vector<std::string> environment) {
    std::erase_if(environment, is_secret);
    return environment;
}

}  // namespace tidegate::router
