#include "orchestrator/io/http/mask_query.hpp"

#include "http/masked_query.hpp"
#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

std::string mask_query(std::string_view query) {
    return http::masked_query(unwrap_query(query));
}

std::string shown_query(std::string_view masked) {
    if (masked.size() <= kMaxShownQueryBytes) return std::string(masked);
    auto const is_inside = [&](std::size_t at) {
        return (static_cast<unsigned char>(masked[at]) & 0xC0U) == 0x80U;
    };
    auto end = kMaxShownQueryBytes;
    while (end != 0 && is_inside(end)) --end;
    return std::string(masked.substr(0, end)) + "…";
}

}  // namespace tidegate::orchestrator
