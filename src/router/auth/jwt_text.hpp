// What tokens and their keys are written in: JSON, and base 64 for URLs (RFC 4648 §5). Pure; any
// thread.
#pragma once

#include <algorithm>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/crypto/base64.hpp"

namespace tidegate::router {

// Empty if there is no such member, or it is no string.
inline std::string_view text_of(boost::json::object const& object, std::string_view name) {
    auto const* const value = object.if_contains(name);
    auto const* const text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

// nullopt: the text has another character, padding included.
inline std::optional<base::Bytes> base64url_decode(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    return base::base64_decode(plain);
}

}  // namespace tidegate::router
