// The body of a hook event. One that is accepted is within the limits of the contract, names the
// stream of its path, and stays the same when it is written as JSON and read again. One that is
// refused has a reason.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/secret_parameter.hpp"
#include "checks.hpp"
#include "orchestrator/core/params.hpp"
#include "orchestrator/io/http/hook_body.hpp"

namespace {

using namespace tidegate::orchestrator;
using tidegate::fuzz::require;

void check_taken(HookBody const& body) {
    require(!body.path.empty() && body.path.size() <= kMaxPathBytes);
    require(body.query.size() <= tidegate::base::kMaxHookQueryBytes);
    require(!body.source_type.empty() && body.source_type.size() <= kMaxSourceTypeBytes);
    require(!body.source_id.empty() && body.source_id.size() <= kMaxSourceIdBytes);
    require(body.path == tidegate::base::stream_path(body.stream.stream_id, body.stream.direction));
    mask_query(body.query);
    for (auto const& [key, value] : parse_query(body.query).params) {
        require(is_param_key(key) && is_param_value(value) &&
                !tidegate::base::is_secret_parameter(key));
    }
    auto const text = boost::json::serialize(boost::json::object{{"path", body.path},
                                                                 {"query", body.query},
                                                                 {"sourceType", body.source_type},
                                                                 {"sourceId", body.source_id}});
    auto const again = parse_hook_body(text);
    require(again && again->path == body.path && again->query == body.query &&
            again->source_type == body.source_type && again->source_id == body.source_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const body = parse_hook_body(text);
    if (body) {
        check_taken(*body);
    } else {
        require(!body.error().detail.empty());
    }
    return 0;
}
