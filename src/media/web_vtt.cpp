#include "media/web_vtt.hpp"

#include <array>
#include <cstdio>

namespace tidegate::media {

namespace {

void append_escaped(std::string& out, std::string_view text) {
    for (char const c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else {
            out += c;
        }
    }
}

}  // namespace

std::string web_vtt_time(std::chrono::milliseconds time) {
    auto const all = static_cast<long long>(time.count());
    std::array<char, 40> text{};
    auto const length =
        std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld.%03lld", all / 3'600'000,
                      all / 60'000 % 60, all / 1000 % 60, all % 1000);
    return {text.data(), static_cast<std::size_t>(length)};
}

void append_web_vtt_cue(std::string& out, std::string_view identifier,
                        std::chrono::milliseconds begin, std::chrono::milliseconds end,
                        std::string_view text) {
    out += '\n';
    if (!identifier.empty()) out.append(identifier).append("\n");
    out.append(web_vtt_time(begin)).append(" --> ").append(web_vtt_time(end)).append("\n");
    append_escaped(out, text);
    out += '\n';
}

}  // namespace tidegate::media
