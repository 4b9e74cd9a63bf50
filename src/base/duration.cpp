#include "base/duration.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace tidegate::base {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
// Go accepts both micro signs, U+00B5 and U+03BC.
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xC2\xB5s", 1'000},
                                      {"\xCE\xBCs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3600 * kSecond}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::unexpected<std::string> invalid(std::string_view text) {
    return std::unexpected("time: invalid duration \"" + std::string(text) + "\"");
}

// a * b; nullopt when it overflows.
std::optional<std::int64_t> times(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
    return result;
}

// Removes the digits at the front of `rest` and returns their number; nullopt when it overflows.
std::optional<std::int64_t> take_digits(std::string_view& rest) {
    std::int64_t value = 0;
    while (!rest.empty() && is_digit(rest.front())) {
        auto const scaled = times(value, 10);
        if (!scaled || *scaled > kMax - (rest.front() - '0')) return std::nullopt;
        value = *scaled + (rest.front() - '0');
        rest.remove_prefix(1);
    }
    return value;
}

// The digits behind a decimal point, as value / scale. Digits that do not fit are dropped, as in
// Go.
struct Fraction {
    std::int64_t value = 0;
    double scale = 1;
};
Fraction take_fraction(std::string_view& rest) {
    Fraction fraction;
    bool full = false;
    for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1)) {
        if (full || fraction.value > (kMax - 9) / 10) {
            full = true;
            continue;
        }
        fraction.value = fraction.value * 10 + (rest.front() - '0');
        fraction.scale *= 10;
    }
    return fraction;
}

// Removes one "<number><unit>" from the front of `rest` and returns it in nanoseconds.
std::expected<std::int64_t, std::string> take_part(std::string_view& rest, std::string_view text) {
    auto const start = rest.size();
    auto const whole = take_digits(rest);
    if (!whole) return invalid(text);
    auto digits = start - rest.size();
    Fraction fraction;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        auto const before = rest.size();
        fraction = take_fraction(rest);
        digits += before - rest.size();
    }
    if (digits == 0) return invalid(text);
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !is_digit(rest[length])) ++length;
    auto const name = rest.substr(0, length);
    if (name.empty()) {
        return std::unexpected("time: missing unit in duration \"" + std::string(text) + "\"");
    }
    rest.remove_prefix(length);
    for (auto const& unit : kUnits) {
        if (unit.name != name) continue;
        auto const value = times(*whole, unit.nanoseconds);
        auto const part =
            static_cast<std::int64_t>(static_cast<double>(fraction.value) *
                                      (static_cast<double>(unit.nanoseconds) / fraction.scale));
        if (!value || *value > kMax - part) return invalid(text);
        return *value + part;
    }
    return std::unexpected("time: unknown unit \"" + std::string(name) + "\" in duration \"" +
                           std::string(text) + "\"");
}

// Reads Go's own form: it may have a sign, but no days.
std::expected<std::int64_t, std::string> parse_go(std::string_view text) {
    auto rest = text;
    bool const negative = !rest.empty() && rest.front() == '-';
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
    if (rest == "0") return 0;
    if (rest.empty()) return invalid(text);
    std::int64_t total = 0;
    while (!rest.empty()) {
        auto const part = take_part(rest, text);
        if (!part) return part;
        if (total > kMax - *part) return invalid(text);
        total += *part;
    }
    return negative ? -total : total;
}

// The number of a leading "<n>d" or "-<n>d", as text; nullopt when there is none.
std::optional<std::string_view> leading_days(std::string_view text) {
    std::size_t length = !text.empty() && text.front() == '-' ? 1 : 0;
    auto const first = length;
    while (length < text.size() && is_digit(text[length])) ++length;
    if (length == first || length == text.size() || text[length] != 'd') return std::nullopt;
    return text.substr(0, length);
}

// A value in a larger unit: 1500000000 in units of 1000000000 is "1.5".
std::string decimal(std::int64_t value, std::int64_t unit) {
    auto text = std::to_string(value / unit);
    auto rest = value % unit;
    if (rest == 0) return text;
    text += '.';
    for (; rest != 0; rest %= unit) {
        unit /= 10;
        text += static_cast<char>('0' + rest / unit);
    }
    return text;
}

// REQUIRES: value > 0, below a day.
std::string format_go(std::int64_t value) {
    if (value < 1'000) return std::to_string(value) + "ns";
    if (value < 1'000'000) return decimal(value, 1'000) + "\xC2\xB5s";
    if (value < kSecond) return decimal(value, 1'000'000) + "ms";
    auto const hours = value / (3600 * kSecond);
    auto const minutes = value / (60 * kSecond) % 60;
    std::string text;
    if (hours != 0) text += std::to_string(hours) + "h";
    if (hours != 0 || minutes != 0) text += std::to_string(minutes) + "m";
    return text + decimal(value % (60 * kSecond), kSecond) + "s";
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
    auto const days_text = leading_days(text);
    if (!days_text) {
        auto const parsed = parse_go(text);
        if (!parsed) return std::unexpected(parsed.error());
        return Duration{*parsed};
    }

    bool const negative = days_text->front() == '-';
    auto digits = days_text->substr(negative ? 1 : 0);
    auto const days = take_digits(digits);
    auto const whole = days ? times(*days, kDay) : std::nullopt;
    if (!whole) return invalid(text);
    auto const rest = text.substr(days_text->size() + 1);
    auto const part = rest.empty() ? std::expected<std::int64_t, std::string>{0} : parse_go(rest);
    if (!part) return std::unexpected(part.error());
    std::int64_t total = 0;
    if (__builtin_add_overflow(*whole, *part, &total)) return invalid(text);
    return Duration{negative ? -total : total};
}

std::string format_duration(Duration value) {
    auto count = value.count();
    if (count == 0) return "0s";
    // The most negative number has no positive counterpart; one nanosecond more makes no
    // difference.
    if (count == std::numeric_limits<std::int64_t>::min()) ++count;
    std::string text = count < 0 ? "-" : "";
    if (count < 0) count = -count;
    if (count / kDay != 0) text += std::to_string(count / kDay) + "d";
    if (count % kDay != 0) text += format_go(count % kDay);
    return text;
}

}  // namespace tidegate::base
