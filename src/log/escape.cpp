#include "log/escape.hpp"

#include "base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidegate::log {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// C1 controls, line and paragraph separators, and what turns the reading direction.
bool deceives(std::uint32_t value) {
    return (value >= 0x80 && value <= 0x9F) || (value >= 0x200E && value <= 0x200F) ||
           (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069) ||
           value == 0xFEFF;
}

void append_u_escape(std::string& out, std::uint32_t value) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[value >> shift & 0xFU];
}

void append_x_escape(std::string& out, unsigned char byte) {
    out += "\\x";
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
}

char short_escape(unsigned char byte) {
    switch (byte) {
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        default:
            return 0;
    }
}

using Table = std::array<bool, 256>;

// Bytes that are copied as they stand.
constexpr Table plain_bytes(bool quoted) {
    Table table{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) table[byte] = true;
    if (quoted) table['"'] = table['\\'] = false;
    return table;
}
constexpr Table kUnquoted = plain_bytes(false);
constexpr Table kQuoted = plain_bytes(true);

enum class Style : std::uint8_t { json, text };

void append_ascii(std::string& out, unsigned char byte, Style style) {
    if (byte == '"' || byte == '\\') {
        out += '\\';
        out += static_cast<char>(byte);
    } else if (char const letter = short_escape(byte); letter != 0) {
        out += '\\';
        out += letter;
    } else if (style == Style::json) {
        append_u_escape(out, byte);
    } else {
        append_x_escape(out, byte);
    }
}

// One character above ASCII; the result is how many bytes it took.
std::size_t append_wide(std::string& out, std::string_view text, Style style) {
    auto const point = base::decode_utf8(text);
    if (point.length == 0) {
        if (style == Style::json) {
            out += "\xEF\xBF\xBD";
        } else {
            append_x_escape(out, static_cast<unsigned char>(text[0]));
        }
        return 1;
    }
    if (deceives(point.code_point)) {
        append_u_escape(out, point.code_point);
    } else {
        out.append(text.substr(0, point.length));
    }
    return point.length;
}

void append(std::string& out, std::string_view text, Table const& copied, Style style) {
    std::size_t i = 0;
    while (i < text.size()) {
        auto const start = i;
        while (i < text.size() && copied[static_cast<unsigned char>(text[i])]) ++i;
        out.append(text.data() + start, i - start);
        if (i == text.size()) return;
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            append_ascii(out, byte, style);
            ++i;
        } else {
            i += append_wide(out, text.substr(i), style);
        }
    }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    append(out, text, kQuoted, Style::json);
}
void append_plain(std::string& out, std::string_view text) {
    append(out, text, kUnquoted, Style::text);
}
void append_quoted(std::string& out, std::string_view text) {
    append(out, text, kQuoted, Style::text);
}

}  // namespace tidegate::log
