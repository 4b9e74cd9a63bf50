#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

json::value const* find(json::value const& value, std::initializer_list<std::string_view> names) {
    auto const* found = &value;
    for (auto const name : names) {
        auto const* const object = found->if_object();
        found = object == nullptr ? nullptr : object->if_contains(name);
        if (found == nullptr) return nullptr;
    }
    return found;
}

json::array const* find_array(json::value const& value,
                              std::initializer_list<std::string_view> names) {
    auto const* const found = find(value, names);
    return found == nullptr ? nullptr : found->if_array();
}

std::string text_at(json::value const& value, std::initializer_list<std::string_view> names) {
    auto const* const found = find(value, names);
    auto const* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(*text);
}

std::optional<std::int64_t> number_at(json::value const& value,
                                      std::initializer_list<std::string_view> names) {
    auto const* const found = find(value, names);
    if (found == nullptr) return std::nullopt;
    boost::system::error_code error;
    auto const number = found->to_number<std::int64_t>(error);
    if (error) return std::nullopt;
    return number;
}

std::map<std::string, std::string> texts_at(json::value const& value,
                                            std::initializer_list<std::string_view> names) {
    std::map<std::string, std::string> texts;
    auto const* const found = find(value, names);
    auto const* const object = found == nullptr ? nullptr : found->if_object();
    if (object == nullptr) return texts;
    for (auto const& [name, member] : *object) {
        if (auto const* const text = member.if_string()) {
            texts.emplace(std::string(name), std::string(*text));
        }
    }
    return texts;
}

json::value const* item_named(json::array const* items, std::string_view name,
                              std::string_view text) {
    if (items == nullptr) return nullptr;
    for (auto const& item : *items) {
        auto const* const member = find(item, {name});
        auto const* const own = member == nullptr ? nullptr : member->if_string();
        if (own != nullptr && std::string_view(own->data(), own->size()) == text) return &item;
    }
    return nullptr;
}

}  // namespace tidegate::kubernetes
