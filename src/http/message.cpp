#include "http/message.hpp"

#include <algorithm>

namespace tidegate::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string_view> first(Pairs const& pairs, std::string_view name) {
    auto const found = std::ranges::find(pairs, name, &Pairs::value_type::first);
    if (found == pairs.end()) return std::nullopt;
    return found->second;
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const {
    return first(headers, lower_case_name);
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    return first(query, name);
}

std::size_t Response::size() const {
    auto size = body.size();
    for (auto const& slice : slices) size += slice.size();
    return size;
}

}  // namespace tidegate::http
