// Which destinations streams have, as a file says it (JSON, or the same as YAML):
//
//   version: 1
//   rules:
//     - streamId: demo                 # or a pattern: "*", "news-*"
//       destinations:
//         - name: youtube
//           urlFile: /etc/tidegate/youtube.url     # or url:, or urlEnv: EGRESS_URL_...
//         - name: backup
//           url: rtmp://backup.example/live/KEY
//           enabled: false             # until somebody switches it on
//
// All rules whose streamId fits count; of two destinations of one name, the first does. Pure; any
// thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxEgressRules = 1000;
// What the names of variables that hold URLs begin with: workers do not inherit them.
inline constexpr std::string_view kUrlVariables = "EGRESS_URL_";
// Of one stream. Each is a process with a connection of its own.
inline constexpr std::size_t kMaxDestinations = 16;

struct EgressDestination {
    std::string name;
    // Where the URL comes from; exactly one is not empty.
    std::string url, url_file, url_env;
    bool enabled = true;
    bool operator==(EgressDestination const&) const = default;
};

struct EgressRule {
    std::string pattern;
    std::vector<EgressDestination> destinations;
    bool operator==(EgressRule const&) const = default;
};

using EgressRules = std::vector<EgressRule>;

// The error is a sentence that names the rule, and never a URL.
std::expected<EgressRules, std::string> read_egress_rules(boost::json::value const& document);

// The destinations of a stream, at most kMaxDestinations. They point into the rules.
std::vector<EgressDestination const*> destinations_of(EgressRules const& rules,
                                                      std::string const& stream_id);

}  // namespace tidegate::orchestrator
