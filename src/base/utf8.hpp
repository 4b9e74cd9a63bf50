// UTF-8 as RFC 3629 defines it: the shortest form only, no surrogates, nothing above U+10FFFF.
// Queries and client names are any bytes, but JSON must be UTF-8, so both are checked here. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::base {

struct Utf8Character {
    std::uint32_t code_point = 0;
    std::size_t length = 0;  // in bytes; 0 when the bytes are not UTF-8
};

// Decodes the character at the start of `text`. REQUIRES: text is not empty.
Utf8Character decode_utf8(std::string_view text);

// How many bytes the character at the start of `text` has; 0 when the bytes are not UTF-8.
// REQUIRES: text is not empty.
std::size_t utf8_length(std::string_view text);

// The longest prefix of at most `most_bytes` bytes that does not end inside a character. Does not
// check that the text is UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t most_bytes);

}  // namespace tidegate::base
