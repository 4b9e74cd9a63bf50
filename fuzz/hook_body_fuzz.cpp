// The hook receiver's body: what is taken keeps the contract's bounds, says of its path what the
// path says, and is the same after it has been written as JSON again; a refusal gives its reason.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/secret_key.hpp"
#include "orchestrator/core/params.hpp"
#include "orchestrator/io/http/hook_body.hpp"

namespace {

using namespace tidegate::orchestrator;

void check(bool holds) {
    if (!holds) std::abort();
}

void check_taken(HookBody const& body) {
    check(!body.path.empty() && body.path.size() <= kMaxPathBytes);
    check(body.query.size() <= tidegate::base::kMaxHookQueryBytes);
    check(!body.source_type.empty() && body.source_type.size() <= kMaxSourceTypeBytes);
    check(!body.source_id.empty() && body.source_id.size() <= kMaxSourceIdBytes);
    check(body.path == tidegate::base::stream_path(body.stream.stream_id, body.stream.direction));
    mask_query(body.query);
    for (auto const& [key, value] : parse_query(body.query).params) {
        check(is_param_key(key) && is_param_value(value) && !tidegate::base::is_secret_key(key));
    }
    auto const text = boost::json::serialize(boost::json::object{{"path", body.path},
                                                                 {"query", body.query},
                                                                 {"sourceType", body.source_type},
                                                                 {"sourceId", body.source_id}});
    auto const again = parse_hook_body(text);
    check(again && again->path == body.path && again->query == body.query &&
          again->source_type == body.source_type && again->source_id == body.source_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const body = parse_hook_body(text);
    if (body) {
        check_taken(*body);
    } else {
        check(!body.error().detail.empty());
    }
    return 0;
}
