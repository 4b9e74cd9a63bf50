#include "hls/core/request.hpp"

#include <utility>

#include "base/number.hpp"

namespace tidegate::hls {

namespace {

// An empty value counts as none, as in MediaMTX.
bool read_number(Query const& query, std::string_view key, std::optional<std::uint64_t>& number) {
    auto const* const text = query.get(key);
    if (text == nullptr || text->empty()) return true;
    number = base::parse_number<std::uint64_t>(*text);
    return number.has_value();
}

}  // namespace

Request make_request(FileName file, Query const& query, std::string uri_query) {
    Request request;
    request.file = std::move(file);
    request.uri_query = std::move(uri_query);
    if (request.file.kind != FileKind::playlist) return request;
    bool const numbers = read_number(query, "_HLS_msn", request.msn) &&
                         read_number(query, "_HLS_part", request.part);
    request.bad_request = !numbers || (request.part && !request.msn);
    auto const* const skip = query.get("_HLS_skip");
    request.skip = skip != nullptr && (*skip == "YES" || *skip == "v2");
    return request;
}

}  // namespace tidegate::hls
