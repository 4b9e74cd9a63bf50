// The settings of the processing stages, given as `--param key=value`. They are checked once, at
// the start, and never change. Plain values; any thread.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::worker {

// Bytes. Enough for a setting; media-service, which passes on what a publisher's query asks for,
// allows less.
inline constexpr std::size_t kMaxParamKey = 64;
inline constexpr std::size_t kMaxParamValue = 1024;

// Sorted by key.
using Params = std::map<std::string, std::string>;

// What a stage is told about its run.
struct StageSettings {
    std::string stream_id;
    std::string run_id;
    Params params;

    // The value of a setting, or `fallback` if it was not given.
    std::string_view param(std::string const& key, std::string_view fallback = {}) const {
        auto const found = params.find(key);
        return found == params.end() ? fallback : std::string_view(found->second);
    }
};

// Reads arguments of the form "key=value". A key is 1 to 64 of [A-Za-z0-9_-] and may be given once.
// The error is a sentence that names the key, never the value, which may be a secret.
std::expected<Params, std::string> parse_params(std::vector<std::string> const& arguments);

// "lang=es voice=anna", for the log and the status. Values of secret keys are shown as ***.
std::string describe_params(Params const& params);
// The key names a credential, such as "token".
bool is_secret_param(std::string_view key);

}  // namespace tidegate::worker
