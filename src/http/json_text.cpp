#include "http/json_text.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "base/utf8.hpp"

namespace tidegate::http {

namespace json = boost::json;

namespace {

bool is_escaped(char c) {
    return c == '<' || c == '>' || c == '&' || static_cast<unsigned char>(c) >= 0x80;
}

// Those characters occur inside strings only. What a client wrote need not be UTF-8, JSON must be.
void append_escaped(std::string& text, std::string_view rest) {
    while (true) {
        auto const at = std::ranges::find_if(rest, is_escaped);
        auto const length = static_cast<std::size_t>(at - rest.begin());
        text += rest.substr(0, length);
        if (at == rest.end()) return;
        rest.remove_prefix(length);
        auto const character = base::utf8_length(rest);
        switch (rest.front()) {
            case '<':
                text += "\\u003c";
                break;
            case '>':
                text += "\\u003e";
                break;
            case '&':
                text += "\\u0026";
                break;
            default:
                text += character == 0 ? "\\ufffd" : rest.substr(0, character);
        }
        rest.remove_prefix(std::max<std::size_t>(character, 1));
    }
}

}  // namespace

void append_text(std::string& text, json::value const& value) {
    append_escaped(text, json::serialize(value));
}

std::string to_text(json::value const& value) {
    std::string text;
    append_text(text, value);
    return text;
}

void append_string(std::string& text, std::string_view value) {
    bool const plain = std::ranges::none_of(value, [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte > 0x7e || c == '"' || c == '\\' || is_escaped(c);
    });
    if (!plain) {
        append_escaped(text, json::serialize(json::string_view(value.data(), value.size())));
        return;
    }
    text += '"';
    text += value;
    text += '"';
}

void append_number(std::string& text, std::uint64_t value) {
    char digits[20];  // of 2^64 - 1
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_number(std::string& text, double value) {
    if (!std::isfinite(value)) value = 0;
    char buffer[400];  // the longest shortest decimal without an exponent
    auto const [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    text.append(buffer, end);
}

void JsonObject::separate() {
    if (!first_) text_ += ',';
    first_ = false;
}

JsonObject& JsonObject::add_members(std::string_view members) {
    separate();
    text_ += members;
    return *this;
}

std::string& JsonObject::begin(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;
    text_ += "\":";
    return text_;
}

}  // namespace tidegate::http
