// A run's settings for the processing stages: `--param key=value`, checked once and never changed.
// Plain values; any thread.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::worker {

// A setting, not a document: what comes from an ingest query is shorter still.
inline constexpr std::size_t kMaxParamKey = 64;
inline constexpr std::size_t kMaxParamValue = 1024;

// Sorted by key.
using Params = std::map<std::string, std::string>;

// What a stage may know of its run.
struct StageSettings {
    std::string stream_id;
    std::string run_id;
    Params params;

    // The value, or the fallback when it was not given.
    std::string_view param(std::string const& key, std::string_view fallback = {}) const {
        auto const found = params.find(key);
        return found == params.end() ? fallback : std::string_view(found->second);
    }
};

// From "key=value" each; a key must be [A-Za-z0-9_-]{1,64} and given once. The error names the key,
// never the value, which may be a secret.
std::expected<Params, std::string> parse_params(std::vector<std::string> const& arguments);

// "lang=es voice=anna", for the log and STATUS=; values of keys that name a credential are ***.
std::string describe_params(Params const& params);
bool is_secret_param(std::string_view key);

}  // namespace tidegate::worker
