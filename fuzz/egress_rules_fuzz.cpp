// The egress file. What is accepted keeps its limits: each destination has one place where its URL
// comes from, names are unique in a rule, and a stream gets at most kMaxDestinations, none twice.
// What is refused has a reason.
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "base/stream_id.hpp"
#include "checks.hpp"
#include "config/yaml/yaml.hpp"
#include "orchestrator/core/desired_forwards.hpp"
#include "orchestrator/core/egress_rules.hpp"

namespace {

using namespace tidegate;
using namespace tidegate::orchestrator;
using fuzz::require;

void check_rule(EgressRule const& rule) {
    require(!rule.pattern.empty() && rule.destinations.size() <= kMaxDestinations);
    std::set<std::string> names;
    for (auto const& one : rule.destinations) {
        require(is_destination_name(one.name) && names.insert(one.name).second);
        require(int(!one.url.empty()) + int(!one.url_file.empty()) + int(!one.url_env.empty()) ==
                1);
        require(one.url_env.empty() || one.url_env.starts_with(kUrlVariables));
    }
}

void check_stream(EgressRules const& rules, std::string const& stream_id) {
    auto const found = destinations_of(rules, stream_id);
    require(found.size() <= kMaxDestinations);
    std::set<std::string> names;
    for (auto const* const one : found) require(names.insert(one->name).second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = base::as_text({data, size});
    auto const document = config::parse_yaml(text);
    if (!document) {
        require(!document.error().empty());
        return 0;
    }
    auto const rules = read_egress_rules(*document);
    if (!rules) {
        require(!rules.error().empty());
        return 0;
    }
    require(rules->size() <= kMaxEgressRules);
    for (auto const& rule : *rules) {
        check_rule(rule);
        // A pattern that is a name fits that name.
        if (base::is_stream_id(rule.pattern)) {
            require(rule.destinations.empty() || !destinations_of(*rules, rule.pattern).empty());
        }
    }
    for (auto const* const id :
         {"demo", "a", "news-1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}) {
        check_stream(*rules, id);
    }
    require(*read_egress_rules(*document) == *rules);
    return 0;
}
