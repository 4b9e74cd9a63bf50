#include "worker/params.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace tidegate::worker {

namespace {

// Keys that contain one of these name a credential. media-service never passes one on; a person who
// starts a worker may.
constexpr std::array<std::string_view, 8> kSecretParts = {
    "pass", "secret", "token", "jwt", "apikey", "api_key", "auth", "credential"};

bool is_key(std::string_view key) {
    auto const allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    };
    return !key.empty() && key.size() <= kMaxParamKey && std::ranges::all_of(key, allowed);
}

}  // namespace

std::expected<Params, std::string> parse_params(std::vector<std::string> const& arguments) {
    Params params;
    for (auto const& argument : arguments) {
        auto const equals = argument.find('=');
        auto const key = argument.substr(0, equals);
        if (equals == std::string::npos || !is_key(key)) {
            return std::unexpected("KEY=VALUE with a key of 1 to 64 of A-Z a-z 0-9 _ -");
        }
        if (argument.size() - equals - 1 > kMaxParamValue) {
            return std::unexpected("a value of at most 1024 bytes for \"" + key + "\"");
        }
        if (!params.emplace(key, argument.substr(equals + 1)).second) {
            return std::unexpected("the key \"" + key + "\" only once");
        }
    }
    return params;
}

std::string describe_params(Params const& params) {
    std::string text;
    for (auto const& [key, value] : params) {
        if (!text.empty()) text += ' ';
        text += key + "=" + (is_secret_param(key) ? "***" : value);
    }
    return text;
}

bool is_secret_param(std::string_view key) {
    std::string folded;
    for (char const c : key) {
        folded += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return folded == "key" || std::ranges::any_of(kSecretParts, [&](std::string_view part) {
               return folded.find(part) != std::string::npos;
           });
}

}  // namespace tidegate::worker
