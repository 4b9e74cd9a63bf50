#include "sts/core/json_fields.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "base/utf8.hpp"

namespace tidegate::sts {

namespace json = boost::json;

namespace {

// A value takes 24 bytes, whatever its text has: two are enough for "0,". No event has a hundred.
constexpr std::size_t kMaxValues = 20'000;

// At least as many as the text has values. A megabyte of base 64 is counted, too, so this is
// written for a compiler that adds many bytes at once: a block is short enough for a sum of one
// byte.
std::size_t most_values(std::string_view text) {
    constexpr std::size_t kBlock = 255;
    std::size_t count = 1;
    while (!text.empty()) {
        auto const block = text.substr(0, kBlock);
        std::uint8_t begun = 0;
        for (char const c : block) {
            begun = static_cast<std::uint8_t>(begun + ((c == ',') | (c == '[') | (c == '{')));
        }
        count += begun;
        text.remove_prefix(block.size());
    }
    return count;
}

constexpr double kLargestExact = 9007199254740992.0;  // 2^53: above, 12.0 and 13.0 are the same

constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;

}  // namespace

std::expected<json::value, std::string> parse_json(std::string_view text) {
    if (most_values(text) > kMaxValues) return std::unexpected("JSON with too many values");
    json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    boost::system::error_code error;
    auto value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error) return std::unexpected("not JSON: " + error.message());
    return value;
}

json::value const* Fields::find(std::string_view name) const {
    if (object_ == nullptr) return nullptr;
    auto const* const value = object_->if_contains({name.data(), name.size()});
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t most) const {
    auto const* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (auto const* const string = value->if_string()) {
        return std::string(base::utf8_prefix({string->data(), string->size()}, most));
    }
    if (value->is_number()) return json::serialize(*value);
    return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view name) const {
    auto const* const value = find(name);
    if (value == nullptr) return std::nullopt;
    if (auto const* const number = value->if_int64()) return *number;
    auto const* const number = value->if_double();
    if (number == nullptr || std::abs(*number) > kLargestExact) return std::nullopt;
    return static_cast<std::int64_t>(std::llround(*number));
}

std::optional<bool> Fields::boolean(std::string_view name) const {
    auto const* const value = find(name);
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->get_bool();
}

std::int64_t Fields::integer_or(std::string_view name, std::int64_t absent, std::int64_t low,
                                std::int64_t high) const {
    auto const number = integer(name);
    return number && *number >= low && *number <= high ? *number : absent;
}

std::optional<std::chrono::milliseconds> Fields::milliseconds(std::string_view name) const {
    auto const number = integer(name);
    if (!number || *number < 0 || *number > kDayMs) return std::nullopt;
    return std::chrono::milliseconds{*number};
}

}  // namespace tidegate::sts
