// Base 64 through OpenSSL, with a strict length check. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::base {

std::string base64_encode(ByteView bytes);
// nullopt for anything but base 64; missing padding is accepted (cameras omit it).
std::optional<Bytes> base64_decode(std::string_view text);

}  // namespace tidegate::base
