#include "base/utf8.hpp"

namespace tidegate::base {

namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The first byte says how many follow; 0x80 to 0xc1 and what is above 0xf4 never come first.
std::size_t announced_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

}  // namespace

Utf8Character decode_utf8(std::string_view text) {
    auto const first = static_cast<unsigned char>(text[0]);
    auto const length = announced_length(first);
    if (length <= 1) return {length == 0 ? 0U : std::uint32_t{first}, length};
    if (text.size() < length) return {};
    std::uint32_t value = first & (0x7fU >> length);
    for (auto const c : text.substr(1, length - 1)) {
        if (!is_continuation(c)) return {};
        value = value << 6 | (static_cast<unsigned char>(c) & 0x3fU);
    }
    bool const too_long = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool const surrogate = value >= 0xd800 && value <= 0xdfff;
    if (too_long || surrogate || value > 0x10ffff) return {};
    return {value, length};
}

std::size_t utf8_length(std::string_view text) {
    return decode_utf8(text).length;
}

std::string_view utf8_prefix(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes) return text;
    auto end = most_bytes;
    // A character has at most three continuation bytes.
    for (int i = 0; i < 3 && end > 0 && is_continuation(text[end]); ++i) --end;
    return text.substr(0, end);
}

}  // namespace tidegate::base
