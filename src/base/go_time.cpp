#include "base/go_time.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/duration.hpp"
#include "base/number.hpp"

namespace tidegate::base {
namespace {

// No clip is longer; what a request asks for beyond it is not added up.
constexpr std::chrono::nanoseconds kLongestClip = std::chrono::hours{10 * 365 * 24};

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
constexpr std::size_t kYearAt = 0, kMonthAt = 2, kDayAt = 4, kHourAt = 6, kMinuteAt = 8,
                      kSecondAt = 10;

bool is_decimal(char c) {
    return c >= '0' && c <= '9';
}

std::optional<int> number(std::string_view text, std::size_t digits) {
    if (text.size() < digits || !std::ranges::all_of(text.substr(0, digits), is_decimal)) return {};
    int value = 0;
    for (auto const c : text.substr(0, digits)) value = value * 10 + (c - '0');
    return value;
}

struct Zone {
    std::size_t length = 0;  // of its text
    std::chrono::minutes east{};
};

// "Z" or "+01:00" at the start; nothing when it is neither.
std::optional<Zone> zone_of(std::string_view text) {
    if (text.starts_with('Z')) return Zone{1};
    bool const signed_zone = text.starts_with('+') || text.starts_with('-');
    if (!signed_zone || text.size() < 6 || text[3] != ':') return {};
    auto const hours = number(text.substr(1), 2);
    auto const minutes = number(text.substr(4), 2);
    if (!hours || !minutes) return {};
    auto const east = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return Zone{6, text.starts_with('-') ? -east : east};
}

// Takes ".123456" off the front, if it is there.
std::chrono::microseconds take_micros(std::string_view& text) {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_decimal(text[1])) return {};
    auto const length = std::min(text.find_first_not_of("0123456789", 1), text.size());
    std::int64_t micros = 0;
    for (std::size_t i = 1; i <= 6; ++i) {
        micros = micros * 10 + (i < length ? text[i] - '0' : 0);
    }
    text.remove_prefix(length);
    return std::chrono::microseconds(micros);
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string about(std::string_view text) {
    return "parsing time " + quoted(text);
}

}  // namespace

std::expected<GoTime, std::string> parse_go_time(std::string_view text) {
    auto rest = text;
    auto const cannot = [&](std::string_view layout) {
        return std::unexpected(about(text) + " as \"2006-01-02T15:04:05Z07:00\": cannot parse " +
                               quoted(rest) + " as " + quoted(layout));
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
                return std::unexpected(about(text) + ": " + std::string(part.name) +
                                       " out of range");
            }
            values[i] = *value;
        }
        rest.remove_prefix(std::max(part.digits, std::size_t{1}));
    }
    auto const fraction = take_micros(rest);
    auto const zone = zone_of(rest);
    if (!zone) return cannot("Z07:00");
    rest.remove_prefix(zone->length);
    if (!rest.empty()) return std::unexpected(about(text) + ": extra text: " + quoted(rest));
    auto const day =
        std::chrono::year_month_day(std::chrono::year(values[kYearAt]),
                                    std::chrono::month(static_cast<unsigned>(values[kMonthAt])),
                                    std::chrono::day(static_cast<unsigned>(values[kDayAt])));
    if (!day.ok()) return std::unexpected(about(text) + ": day out of range");
    return GoTime(std::chrono::sys_days(day)) + std::chrono::hours(values[kHourAt]) +
           std::chrono::minutes(values[kMinuteAt]) + std::chrono::seconds(values[kSecondAt]) +
           fraction - zone->east;
}

std::expected<std::chrono::nanoseconds, std::string> parse_clip_duration(std::string_view text) {
    using std::chrono::nanoseconds;
    if (auto const seconds = parse_number<double>(text); seconds && std::isfinite(*seconds)) {
        auto const most = static_cast<double>(kLongestClip.count());
        return nanoseconds(std::llround(std::clamp(*seconds * std::nano::den, -most, most)));
    }
    auto const parsed = parse_duration(text);
    if (!parsed) return std::unexpected(parsed.error());
    return std::clamp(std::chrono::duration_cast<nanoseconds>(*parsed), -kLongestClip,
                      kLongestClip);
}

}  // namespace tidegate::base
