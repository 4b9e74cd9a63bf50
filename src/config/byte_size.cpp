#include "config/byte_size.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace tidegate::config {
namespace {

constexpr std::string_view kLetters = "BKMGTPE";

std::unexpected<std::string> refused() {
    return std::unexpected(
        std::string("byte quantity must be a positive integer with a unit of "
                    "measurement like M, MB, MiB, G, GiB, or GB"));
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// The power of 1024 of "M", "MB", "MIB", "B"; -1 when it is none.
int power_of(std::string const& unit) {
    if (unit.empty()) return -1;
    auto const at = kLetters.find(unit[0]);
    if (at == std::string_view::npos) return -1;
    auto const tail = std::string_view(unit).substr(1);
    bool const fits = tail.empty() || (at != 0 && (tail == "B" || tail == "IB"));
    return fits ? static_cast<int>(at) : -1;
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_byte_size(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    auto const digits = std::min(text.find_first_not_of("0123456789."), text.size());
    if (digits == 0 || std::ranges::count(text.substr(0, digits), '.') > 1) return refused();
    std::string unit(text.substr(digits));
    std::ranges::transform(unit, unit.begin(), upper);
    auto const power = power_of(unit);
    if (power < 0) return refused();
    auto const number = std::strtod(std::string(text.substr(0, digits)).c_str(), nullptr);
    auto const bytes = std::ldexp(number, 10 * power);
    if (!(number > 0) || !(bytes < 18446744073709551616.0)) return refused();
    return static_cast<std::uint64_t>(bytes);
}

std::string format_byte_size(std::uint64_t bytes) {
    std::size_t power = 0;
    while (power + 1 < kLetters.size() && bytes >> (10 * (power + 1)) != 0) ++power;
    auto const value = std::ldexp(static_cast<double>(bytes), -10 * static_cast<int>(power));
    char buffer[32];
    auto const length = std::snprintf(buffer, sizeof buffer, "%.1f", value);
    std::string text(buffer, static_cast<std::size_t>(length));
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text + kLetters[power];
}

}  // namespace tidegate::config
