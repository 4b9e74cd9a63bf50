// Numbers in text: the whole of it, or nothing. std::from_chars alone leaves its target as it was
// when a number is too large, stops before what is no digit, and takes a minus.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace tidegate::base {

template <class Number>
std::optional<Number> parse_number(std::string_view text, int radix = 10) {
    Number number{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, number, radix);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

// A port to connect to: 1 to 65535. Boost.URL cuts larger ones down to 16 bits.
inline std::optional<std::uint16_t> parse_port(std::string_view text) {
    auto const port = parse_number<std::uint16_t>(text);
    return port && *port != 0 ? port : std::nullopt;
}

}  // namespace tidegate::base
