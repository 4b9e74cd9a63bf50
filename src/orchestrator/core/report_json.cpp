#include "orchestrator/core/report_json.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

// Words such as "service-down" and "timed-out".
constexpr std::size_t kMaxWord = 32;

}  // namespace

bool is_report_word(std::string_view text) {
    return text.size() <= kMaxWord && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

std::string_view text_of(json::object const& object, std::string_view name) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

std::string word_of(json::object const& object, std::string_view name) {
    auto const text = text_of(object, name);
    return is_report_word(text) ? std::string(text) : std::string();
}

// One line, for people.
std::string sentence_of(json::object const& object, std::string_view name) {
    std::string text(base::utf8_prefix(text_of(object, name), kMaxReportText));
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

std::uint64_t count_of(json::value const& value) {
    boost::system::error_code error;
    auto const number = value.to_number<std::uint64_t>(error);
    return error ? 0 : number;
}

std::uint64_t count_of(json::object const& object, std::string_view name) {
    auto const* const value = object.if_contains(name);
    return value == nullptr ? 0 : count_of(*value);
}

}  // namespace tidegate::orchestrator
