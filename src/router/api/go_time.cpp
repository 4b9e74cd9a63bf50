#include "router/api/go_time.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::router {
namespace {

// One part of Go's layout: a separator, or a number of so many digits within its range.
struct Part {
    std::string_view layout;
    std::size_t digits = 0;
    int low = 0, high = 0;
    std::string_view name = {};
};

constexpr Part kParts[] = {
    {"2006", 4, 0, 9999, "year"}, {"-"}, {"01", 2, 1, 12, "month"},  {"-"},
    {"02", 2, 0, 99, "day"},      {"T"}, {"15", 2, 0, 23, "hour"},   {":"},
    {"04", 2, 0, 59, "minute"},   {":"}, {"05", 2, 0, 59, "second"},
};
constexpr std::size_t kYear = 0, kMonth = 2, kDay = 4;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<int> number(std::string_view text, std::size_t digits) {
    if (text.size() < digits || !std::ranges::all_of(text.substr(0, digits), is_digit)) return {};
    int value = 0;
    for (auto const c : text.substr(0, digits)) value = value * 10 + (c - '0');
    return value;
}

// The length of "Z" or "+01:00" at the start; nothing when it is neither.
std::optional<std::size_t> zone_length(std::string_view text) {
    if (text.starts_with('Z')) return 1;
    bool const signed_zone = text.starts_with('+') || text.starts_with('-');
    if (!signed_zone || text.size() < 6 || text[3] != ':') return {};
    if (!number(text.substr(1), 2) || !number(text.substr(4), 2)) return {};
    return 6;
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string about(std::string_view text) {
    return "parsing time " + quoted(text);
}

}  // namespace

std::optional<std::string> go_time_problem(std::string_view text) {
    auto rest = text;
    auto const cannot = [&](std::string_view layout) {
        return about(text) + " as \"2006-01-02T15:04:05Z07:00\": cannot parse " + quoted(rest) +
               " as " + quoted(layout);
    };
    int values[std::size(kParts)] = {};
    for (std::size_t i = 0; i < std::size(kParts); ++i) {
        auto const& part = kParts[i];
        if (part.digits == 0) {
            if (!rest.starts_with(part.layout)) return cannot(part.layout);
        } else {
            auto const value = number(rest, part.digits);
            if (!value) return cannot(part.layout);
            if (*value < part.low || *value > part.high) {
                return about(text) + ": " + std::string(part.name) + " out of range";
            }
            values[i] = *value;
        }
        rest.remove_prefix(std::max(part.digits, std::size_t{1}));
    }
    if (rest.size() > 1 && (rest[0] == '.' || rest[0] == ',') && is_digit(rest[1])) {
        rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
    }
    auto const zone = zone_length(rest);
    if (!zone) return cannot("Z07:00");
    rest.remove_prefix(*zone);
    if (!rest.empty()) return about(text) + ": extra text: " + quoted(rest);
    auto const day = std::chrono::year_month_day(
        std::chrono::year(values[kYear]), std::chrono::month(static_cast<unsigned>(values[kMonth])),
        std::chrono::day(static_cast<unsigned>(values[kDay])));
    if (!day.ok()) return about(text) + ": day out of range";
    return std::nullopt;
}

}  // namespace tidegate::router
