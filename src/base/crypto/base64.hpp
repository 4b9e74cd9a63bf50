// Base 64 (RFC 4648 §4), done by OpenSSL. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::base {

// With padding, on one line.
std::string base64_encode(ByteView bytes);
// The decoded bytes; nullopt when the text has another character, white space included, or an
// impossible length. The padding may be missing: some cameras leave it out.
std::optional<Bytes> base64_decode(std::string_view text);

}  // namespace tidegate::base
