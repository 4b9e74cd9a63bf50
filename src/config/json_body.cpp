#include "config/json_body.hpp"

#include <boost/json/error.hpp>
#include <boost/json/stream_parser.hpp>
#include <cctype>
#include <cstdio>

namespace tidegate::config {

namespace json = boost::json;

namespace {

// As Go quotes one byte of a text.
std::string quoted(char byte) {
    if (byte == '\'') return R"('\'')";
    if (byte == '\\') return R"('\\')";
    if (std::isprint(static_cast<unsigned char>(byte)) != 0) {
        return std::string("'") + byte + "'";
    }
    char hexadecimal[8];
    std::snprintf(hexadecimal, sizeof hexadecimal, "'\\x%02x'", static_cast<unsigned char>(byte));
    return hexadecimal;
}

// What Go's scanner expected where ours stopped, as far as the text before tells it.
std::string_view expectation(std::string_view before) {
    auto const last = before.find_last_not_of(" \t\r\n");
    if (last == before.npos) return "looking for beginning of value";
    switch (before[last]) {
        case '{':
            return "looking for beginning of object key string";
        case ':':
        case '[':
        case ',':
            return "looking for beginning of value";
        case '"':
            return "after object key";
        default:
            return "after object key:value pair";
    }
}

std::string invalid_character(std::string_view body, std::size_t at, std::string_view what) {
    return "invalid character " + quoted(body[at]) + " " + std::string(what);
}

}  // namespace

std::expected<json::value, std::string> parse_json_body(std::string_view body) {
    json::stream_parser parser;
    boost::system::error_code error;
    auto const taken = parser.write_some(body, error);
    if (error == json::error::too_deep) return std::unexpected("exceeded max depth");
    if (error && taken < body.size()) {
        return std::unexpected(invalid_character(body, taken, expectation(body.substr(0, taken))));
    }
    if (error) return std::unexpected("unexpected end of JSON input");
    if (!parser.done()) parser.finish(error);
    if (error) return std::unexpected("unexpected end of JSON input");
    auto const rest = body.find_first_not_of(" \t\r\n", taken);
    if (rest != body.npos) {
        return std::unexpected(invalid_character(body, rest, "after top-level value"));
    }
    return parser.release();
}

}  // namespace tidegate::config
