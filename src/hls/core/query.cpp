#include "hls/core/query.hpp"

#include <algorithm>
#include <optional>

namespace tidegate::hls {

namespace {

constexpr std::string_view kDirectivePrefix = "_HLS_";

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        auto const high = hex_digit(text[i + 1]);
        auto const low = hex_digit(text[i + 2]);
        if (!high || !low) return std::nullopt;
        out += static_cast<char>(*high << 4U | *low);
        i += 2;
    }
    return out;
}

// The bytes that Go's url.QueryEscape leaves as they are.
bool stays(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (char const c : text) {
        if (stays(c)) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            auto const byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 15U];
        }
    }
}

}  // namespace

Query::Query(std::string_view raw) {
    while (!raw.empty()) {
        auto const pair = raw.substr(0, raw.find('&'));
        raw.remove_prefix(std::min(raw.size(), pair.size() + 1));
        if (pair.empty() || pair.find(';') != std::string_view::npos) continue;
        auto const equals = pair.find('=');
        auto key = decoded(pair.substr(0, equals));
        auto value = decoded(equals == std::string_view::npos ? std::string_view{}
                                                              : pair.substr(equals + 1));
        if (key && value) pairs_.emplace_back(std::move(*key), std::move(*value));
    }
}

std::string const* Query::get(std::string_view key) const {
    auto const found =
        std::ranges::find_if(pairs_, [&](auto const& one) { return one.first == key; });
    return found == pairs_.end() ? nullptr : &found->second;
}

void Query::erase(std::string_view key) {
    std::erase_if(pairs_, [&](auto const& one) { return one.first == key; });
}

void Query::erase_directives() {
    std::erase_if(pairs_, [](auto const& one) { return one.first.starts_with(kDirectivePrefix); });
}

void Query::set(std::string_view key, std::string_view value) {
    erase(key);
    pairs_.emplace_back(key, value);
}

std::string Query::encoded() const {
    std::vector<std::pair<std::string, std::string> const*> order;
    order.reserve(pairs_.size());
    for (auto const& one : pairs_) order.push_back(&one);
    // Values of one key stay in their order: they follow one another in memory.
    std::ranges::sort(order, [](auto const* a, auto const* b) {
        return a->first != b->first ? a->first < b->first : a < b;
    });
    std::string out;
    for (auto const* one : order) {
        if (!out.empty()) out += '&';
        append_encoded(out, one->first);
        out += '=';
        append_encoded(out, one->second);
    }
    return out;
}

}  // namespace tidegate::hls
