#include "http/byte_range.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "base/lower_case.hpp"

namespace tidegate::http {
namespace {

// Not more digits than a length can have: larger numbers are no reason to fail.
std::optional<std::uint64_t> number(std::string_view text) {
    constexpr std::size_t kMostDigits = 19;
    bool const digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (text.empty() || !digits) return std::nullopt;
    if (text.size() > kMostDigits) return UINT64_MAX;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

struct Range {
    std::uint64_t first, end;  // [first, end); empty: not satisfiable
};

std::optional<Range> parse_range(std::string_view text, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (base::lower_case(std::string(text.substr(0, kUnit.size()))) != kUnit) return std::nullopt;
    text.remove_prefix(kUnit.size());
    auto const dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    auto const last_text = text.substr(dash + 1);
    auto const last = number(last_text);
    if (!last && !last_text.empty()) return std::nullopt;
    if (dash == 0) {  // the last so many bytes
        if (!last) return std::nullopt;
        return Range{size - std::min(size, *last), size};
    }
    auto const first = number(text.substr(0, dash));
    if (!first || (last && *last < *first)) return std::nullopt;
    auto const end = last ? std::min(size, *last == UINT64_MAX ? size : *last + 1) : size;
    return Range{std::min(*first, end), end};
}

void cut(Response& response, Range range) {
    auto at = std::uint64_t{0};
    auto const part_of = [&](std::size_t size) {
        auto const begin = std::clamp(range.first, at, at + size) - at;
        auto const end = std::clamp(range.end, at, at + size) - at;
        at += size;
        return std::pair(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    };
    auto const [begin, count] = part_of(response.body.size());
    response.body = response.body.substr(begin, count);
    for (auto& slice : response.slices) {
        auto const [from, length] = part_of(slice.size());
        slice = slice.slice(from, length);
    }
    std::erase_if(response.slices, [](auto const& slice) { return slice.empty(); });
}

}  // namespace

void apply_range(std::string_view range, Response& response) {
    auto const size = response.size();
    auto const wanted = parse_range(range, size);
    if (!wanted) return;
    auto const all = "/" + std::to_string(size);
    bool const none = wanted->first >= wanted->end;
    auto const content_range = none ? "bytes *" + all
                                    : "bytes " + std::to_string(wanted->first) + "-" +
                                          std::to_string(wanted->end - 1) + all;
    response.status = none ? 416 : 206;
    response.headers.emplace_back("Content-Range", content_range);
    cut(response, none ? Range{0, 0} : *wanted);
}

}  // namespace tidegate::http
