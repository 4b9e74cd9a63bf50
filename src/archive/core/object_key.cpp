#include "archive/core/object_key.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <optional>

#include "base/utf8.hpp"

namespace tidegate::archive {

namespace {

std::string two_digits(unsigned value) {
    return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

std::string_view base_name(std::string_view file) {
    return file.substr(file.rfind('/') + 1);
}

// nullopt: nobody knows what the letter after the percent sign means.
std::optional<std::string> expand(char letter, SegmentName const& segment) {
    std::chrono::year_month_day const day{std::chrono::floor<std::chrono::days>(segment.ended)};
    auto const hour = (segment.ended - std::chrono::floor<std::chrono::days>(segment.ended)) /
                      std::chrono::hours{1};
    switch (letter) {
        case 'Y':
            return std::to_string(static_cast<int>(day.year()));
        case 'm':
            return two_digits(static_cast<unsigned>(day.month()));
        case 'd':
            return two_digits(static_cast<unsigned>(day.day()));
        case 'H':
            return two_digits(static_cast<unsigned>(hour));
        case '%':
            return "%";
        default:
            return std::nullopt;
    }
}

// The template with everything filled in; nullopt: it has a percent sign that means nothing.
std::optional<std::string> fill_in(std::string_view text, SegmentName const& segment) {
    std::string key;
    while (!text.empty()) {
        if (text.starts_with("%path")) {
            key += segment.path;
            text.remove_prefix(5);
        } else if (text.starts_with("%file")) {
            key += base_name(segment.file);
            text.remove_prefix(5);
        } else if (text.front() != '%') {
            key += text.front();
            text.remove_prefix(1);
        } else {
            auto const expanded = text.size() > 1 ? expand(text[1], segment) : std::nullopt;
            if (!expanded) return std::nullopt;
            key += *expanded;
            text.remove_prefix(2);
        }
    }
    return key;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const length = base::utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool has_dots_alone(std::string_view key) {
    while (true) {
        auto const slash = std::min(key.find('/'), key.size());
        auto const part = key.substr(0, slash);
        if (part == "." || part == "..") return true;
        if (slash == key.size()) return false;
        key.remove_prefix(slash + 1);
    }
}

std::string key_problem(std::string_view key) {
    if (key.empty()) return "the key is empty";
    if (key.size() > kMaxKeyBytes) return "the key is longer than 1024 bytes";
    if (!is_utf8(key)) return "the key is not UTF-8";
    if (key.front() == '/') return "the key begins with a slash";
    if (has_dots_alone(key)) return "the key has . or .. between slashes";
    bool const control = std::ranges::any_of(
        key, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return control ? "the key has a control character" : "";
}

}  // namespace

std::string key_template_problem(std::string_view key_template) {
    auto const example = fill_in(key_template, {"live/demo/out", "file.mp4", {}});
    if (!example) return "only %path, %file, %Y, %m, %d, %H and %% have a meaning";
    auto const other = fill_in(key_template, {"live/demo/out", "other.mp4", {}});
    if (*example == *other) return "it must have %file, or all segments would have one name";
    return key_problem(*example);
}

std::expected<std::string, std::string> object_key(std::string_view key_template,
                                                   SegmentName const& segment) {
    auto key = fill_in(key_template, segment).value_or("");
    if (auto problem = key_problem(key); !problem.empty())
        return std::unexpected(std::move(problem));
    return key;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
    using boost::urls::unreserved_chars;
    return keep_slashes ? boost::urls::encode(text, unreserved_chars + '/')
                        : boost::urls::encode(text, unreserved_chars);
}

std::string_view content_type(std::string_view file) {
    if (file.ends_with(".mp4") || file.ends_with(".m4s")) return "video/mp4";
    if (file.ends_with(".ts")) return "video/mp2t";
    return "application/octet-stream";
}

}  // namespace tidegate::archive
