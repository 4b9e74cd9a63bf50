#include "config/mediamtx/schema.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace tidegate::config::mediamtx {

Key const* find_key(std::span<Key const> keys, std::string_view name) {
    auto const found = std::ranges::find(keys, name, &Key::name);
    return found == keys.end() ? nullptr : &*found;
}

std::string mismatch(json::value const& value, std::string_view go_type) {
    std::string_view kind = "number";
    switch (value.kind()) {
        case json::kind::string:
            kind = "string";
            break;
        case json::kind::bool_:
            kind = "bool";
            break;
        case json::kind::array:
            kind = "array";
            break;
        case json::kind::object:
            kind = "object";
            break;
        case json::kind::null:
            kind = "null";
            break;
        default:
            break;
    }
    return "json: cannot unmarshal " + std::string(kind) + " into Go value of type " +
           std::string(go_type);
}

namespace {

std::string join(std::string const& prefix, std::string_view name) {
    return prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
}

// What null stands for: nothing (as if absent), another value, or an error.
Result<json::value> of_null(Key const& key, std::string const& path, Nulls nulls) {
    if (nulls == Nulls::optional || key.deprecated) return json::value(nullptr);
    switch (key.type->shape) {
        case Shape::list:
        case Shape::records:
            return std::unexpected("cannot set slice \"" + path + "\" to nil");
        case Shape::coded_text:
            return key.type->decode(*key.type, json::value(""), path);
        default:
            return json::value(nullptr);
    }
}

std::string unknown_field(std::string const& name) {
    return "json: unknown field \"" + name + "\"";
}

}  // namespace

Result<json::object> decode_object(std::span<Key const> keys, json::value const& value,
                                   std::string const& prefix, Nulls nulls) {
    if (value.is_null()) return json::object{};
    if (!value.is_object()) {
        return std::unexpected(mismatch(value, "map[string]json.RawMessage"));
    }
    auto const& object = value.get_object();
    for (auto const& member : object) {
        if (find_key(keys, member.key()) == nullptr) {
            return std::unexpected(unknown_field(join(prefix, member.key())));
        }
    }
    json::object given;
    for (auto const& key : keys) {
        auto const* member = object.if_contains(key.name);
        if (member == nullptr) continue;
        auto const path = join(prefix, key.name);
        auto decoded = member->is_null() ? of_null(key, path, nulls)
                                         : key.type->decode(*key.type, *member, path);
        if (!decoded) return std::unexpected(decoded.error());
        if (!decoded->is_null()) given[key.name] = std::move(*decoded);
    }
    return given;
}

json::object with_defaults(std::span<Key const> keys, json::object const& given) {
    json::object values;
    values.reserve(keys.size());
    for (auto const& key : keys) {
        if (auto const* value = given.if_contains(key.name)) {
            values[key.name] = *value;
        } else if (!key.deprecated) {
            values[key.name] = json::parse(key.fallback);
        }
    }
    return values;
}

}  // namespace tidegate::config::mediamtx
