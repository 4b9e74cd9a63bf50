#include "rtmp/core/amf0.hpp"

#include <algorithm>

namespace tidegate::rtmp::amf0 {

Value const* Object::find(std::string_view name) const {
    auto const found = std::ranges::find(members, name, &Member::name);
    return found == members.end() ? nullptr : &found->value;
}

Object&& Object::with(std::string name, Value value) && {
    members.push_back({std::move(name), std::move(value)});
    return std::move(*this);
}

bool Object::operator==(Object const& other) const {
    return ecma_array == other.ecma_array && members == other.members;
}

bool StrictArray::operator==(StrictArray const& other) const {
    return elements == other.elements;
}

bool Value::operator==(Value const& other) const {
    return storage_ == other.storage_;
}

bool Member::operator==(Member const& other) const {
    return name == other.name && value == other.value;
}

std::optional<double> Value::number() const {
    auto const* const value = std::get_if<double>(&storage_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<bool> Value::boolean() const {
    auto const* const value = std::get_if<bool>(&storage_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::uint32_t> to_u32(double number) {
    // Written so that NaN fails too.
    if (!(number >= 0.0 && number <= 4294967295.0)) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

}  // namespace tidegate::rtmp::amf0
