#include "media/caption.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "media/language.hpp"

namespace tidegate::media {

namespace {

// Of the controls of ISO 8859-1 (U+0080 to U+009F), too: no font shows them.
bool is_blank(std::uint32_t code_point) {
    return code_point <= 0x20 || (code_point >= 0x7f && code_point <= 0xa0) ||
           code_point == 0x2028 || code_point == 0x2029;
}

}  // namespace

std::string caption_text(std::string_view text) {
    std::string line;
    bool blank = false;
    while (!text.empty()) {
        auto const character = base::decode_utf8(text);
        auto const whole = text.substr(0, std::max<std::size_t>(character.length, 1));
        text.remove_prefix(whole.size());
        if (character.length == 0) continue;
        if (is_blank(character.code_point)) {
            blank = !line.empty();
            continue;
        }
        if (line.size() + (blank ? 1 : 0) + whole.size() > kMaxCaptionText) break;
        if (std::exchange(blank, false)) line += ' ';
        line += whole;
    }
    return line;
}

std::optional<base::Timestamp> caption_duration(double milliseconds) {
    constexpr double kMost = std::chrono::duration<double, std::milli>(kMaxCaptionDuration).count();
    if (!(milliseconds > 0) || milliseconds > kMost) return std::nullopt;  // NaN is neither
    return std::chrono::round<base::Timestamp>(
        std::chrono::duration<double, std::milli>(milliseconds));
}

std::vector<std::string> caption_languages(std::string_view list) {
    std::vector<std::string> languages;
    while (!list.empty() && languages.size() < kMaxCaptionLanguages) {
        auto const one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), one.size() + 1));
        auto tag = language_tag(one);
        if (tag.empty() || std::ranges::find(languages, tag) != languages.end()) continue;
        languages.push_back(std::move(tag));
    }
    return languages;
}

std::string caption_language_list(std::vector<std::string> const& languages) {
    std::string list;
    for (auto const& language : languages) list += (list.empty() ? "" : ",") + language;
    return list;
}

}  // namespace tidegate::media
