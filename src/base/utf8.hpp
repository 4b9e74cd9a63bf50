// What is UTF-8 and what is not: queries and names of clients are bytes, JSON is text. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidegate::base {

// Bytes of the character at the start of `text` (RFC 3629: shortest form, no surrogates); 0 if
// there is none. REQUIRES: text is not empty.
std::size_t utf8_length(std::string_view text);

}  // namespace tidegate::base
