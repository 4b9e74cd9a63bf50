// A hash map by strings in which one finds with a std::string_view, without a copy. One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tidegate::base {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

}  // namespace tidegate::base
