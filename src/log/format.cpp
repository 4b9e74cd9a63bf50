#include "log/format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "log/escape.hpp"
#include "log/timestamp.hpp"

namespace tidegate::log {
namespace {

std::string_view lower_name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        case Level::error:
            return "error";
    }
    return "error";
}

std::string_view short_name(Level level) {
    switch (level) {
        case Level::debug:
            return "DEB";
        case Level::info:
            return "INF";
        case Level::warn:
            return "WAR";
        case Level::error:
            return "ERR";
    }
    return "ERR";
}

// Cut between characters, so that the cut itself makes no invalid UTF-8.
std::string_view limited(std::string_view text) {
    if (text.size() <= kMaxTextBytes) return text;
    auto end = kMaxTextBytes;
    while (end > kMaxTextBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return text.substr(0, end);
}

using Escape = void (*)(std::string&, std::string_view);

void append_text(std::string& out, std::string_view text, Escape escape) {
    auto const shown = limited(text);
    escape(out, shown);
    if (shown.size() < text.size()) out += "\xE2\x80\xA6";
}

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 32> digits;  // the longest shortest double has 24 characters
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_double(std::string& out, double value) {
    if (std::isfinite(value)) return append_number(out, value);
    out += "null";  // JSON has neither NaN nor infinity
}

void append_string_member(std::string& out, std::string_view key, std::string_view value) {
    out += ",\"";
    append_json(out, key);
    out += "\":\"";
    append_text(out, value, append_json);
    out += '"';
}

void append_value(std::string& out, Field const& field) {
    std::visit(
        [&out](auto const& value) {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, bool>) {
                out += value ? "true" : "false";
            } else if constexpr (std::is_same_v<Value, double>) {
                append_double(out, value);
            } else if constexpr (std::is_same_v<Value, std::int64_t>) {
                append_number(out, value);
            }
        },
        field.value);
}

void append_json_field(std::string& out, Field const& field) {
    if (auto const* text = std::get_if<std::string_view>(&field.value)) {
        return append_string_member(out, field.key, *text);
    }
    out += ",\"";
    append_json(out, field.key);
    out += "\":";
    append_value(out, field);
}

void append_json_line(std::string& out, Event const& event) {
    out += "{\"ts\":\"";
    append_utc_micros(out, event.time);
    out += "\",\"level\":\"";
    out += lower_name(event.level);
    out += '"';
    append_string_member(out, "component", event.component);
    append_string_member(out, "event", event.event);
    append_string_member(out, "msg", event.message);
    for (auto const& field : event.fields) append_json_field(out, field);
    out += "}\n";
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (char const c : text) {
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return true;
    }
    return false;
}

void append_text_field(std::string& out, Field const& field) {
    out += ' ';
    append_plain(out, field.key);
    out += '=';
    auto const* text = std::get_if<std::string_view>(&field.value);
    if (text == nullptr) return append_value(out, field);
    if (!needs_quotes(*text)) return append_text(out, *text, append_plain);
    out += '"';
    append_text(out, *text, append_quoted);
    out += '"';
}

void append_text_line(std::string& out, Event const& event) {
    append_utc_micros(out, event.time);
    out += ' ';
    out += short_name(event.level);
    out += ' ';
    append_plain(out, event.component);
    out += ' ';
    append_plain(out, event.event);
    out += ": ";
    append_text(out, event.message, append_plain);
    for (auto const& field : event.fields) append_text_field(out, field);
    out += '\n';
}

void append_mediamtx_line(std::string& out, Event const& event) {
    append_local_seconds(out, event.time);
    out += ' ';
    out += short_name(event.level);
    out += ' ';
    append_text(out, event.message, append_plain);
    out += '\n';
}

void append_mediamtx_structured(std::string& out, Event const& event) {
    out += "{\"timestamp\":\"";
    append_local_nanos(out, event.time);
    out += "\",\"level\":\"";
    out += short_name(event.level);
    out += '"';
    append_string_member(out, "message", event.message);
    out += "}\n";
}

}  // namespace

void append_line(std::string& out, Format format, Event const& event) {
    switch (format) {
        case Format::json:
            return append_json_line(out, event);
        case Format::text:
            return append_text_line(out, event);
        case Format::mediamtx:
            return append_mediamtx_line(out, event);
        case Format::mediamtx_structured:
            return append_mediamtx_structured(out, event);
    }
}

}  // namespace tidegate::log
