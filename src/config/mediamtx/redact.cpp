// Secrets never leave through the Control API.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "config/mediamtx/conf.hpp"
#include "config/mediamtx/forward_dest.hpp"

namespace tidegate::config::mediamtx {
namespace {

namespace json = boost::json;

constexpr std::string_view kRedacted = "<redacted>";

void redact(json::object& values, std::string_view name) {
    auto* value = values.if_contains(name);
    if (value != nullptr && value->is_string() && !value->get_string().empty()) *value = kRedacted;
}

void redact_each(json::object& values, std::string_view list, std::string_view name) {
    auto* items = values.if_contains(list);
    if (items == nullptr) return;
    for (auto& item : items->get_array()) redact(item.get_object(), name);
}

}  // namespace

json::object redacted_global(Global const& global) {
    auto values = global.values;
    redact_each(values, "authInternalUsers", "pass");
    redact_each(values, "webrtcICEServers2", "password");
    redact(values, "hlsCDNSecret");
    return values;
}

json::object redacted_path(PathConf const& path) {
    auto values = path.values;
    for (auto const* name : {"publishPass", "readPass", "srtReadPassphrase", "srtPublishPassphrase",
                             "whepBearerToken"}) {
        redact(values, name);
    }
    redact_each(values, "forward", "whipBearerToken");
    if (auto* entries = values.if_contains("forward")) {
        for (auto& entry : entries->get_array()) {
            auto& dest = entry.get_object()["dest"];
            if (dest.is_string()) dest = masked_dest(dest.get_string());
        }
    }
    return values;
}

}  // namespace tidegate::config::mediamtx
