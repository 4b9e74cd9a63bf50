// Reads a number that must be the whole text. std::from_chars alone is not enough: it stops at the
// first byte that is no digit, and it leaves its target unchanged when the number is too large. Any
// thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace tidegate::base {

// nullopt when the text is empty, is not a number from its first to its last byte, or when the
// number does not fit the type. A sign is accepted as std::from_chars does: no '+', and '-' for
// signed types only. radix: 2 to 36.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view text, int radix = 10) {
    Number number{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, number, radix);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

// The same for a decimal fraction such as "12.5".
template <std::floating_point Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

// A port that a client can connect to, 1 to 65535; nullopt for anything else. Boost.URL would cut a
// larger number down to 16 bits.
inline std::optional<std::uint16_t> parse_port(std::string_view text) {
    auto const port = parse_number<std::uint16_t>(text);
    return port && *port != 0 ? port : std::nullopt;
}

}  // namespace tidegate::base
