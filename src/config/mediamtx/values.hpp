// Reads decoded values by name. REQUIRES: the key is there and has a value of this type, as the
// schema ensures. Internal to this folder. Pure; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "config/byte_size.hpp"

namespace tidegate::config::mediamtx {

namespace json = boost::json;

inline bool is_set(json::object const& values, std::string_view name) {
    return values.at(name).get_bool();
}
inline std::string_view text_of(json::object const& values, std::string_view name) {
    return values.at(name).get_string();
}
inline std::int64_t number_of(json::object const& values, std::string_view name) {
    return values.at(name).get_int64();
}
inline base::Duration duration_of(json::object const& values, std::string_view name) {
    return base::parse_duration(text_of(values, name)).value_or(base::Duration{0});
}
inline std::uint64_t size_of(json::object const& values, std::string_view name) {
    return parse_byte_size(text_of(values, name)).value_or(0);
}
inline std::vector<std::string> texts_of(json::object const& values, std::string_view name) {
    std::vector<std::string> texts;
    for (auto const& item : values.at(name).get_array()) texts.emplace_back(item.get_string());
    return texts;
}

}  // namespace tidegate::config::mediamtx
