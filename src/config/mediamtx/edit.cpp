#include "config/mediamtx/edit.hpp"

#include <iterator>
#include <span>
#include <utility>

#include "config/json_body.hpp"
#include "config/mediamtx/schema.hpp"

namespace tidegate::config::mediamtx {
namespace {

std::unexpected<EditError> invalid(std::string message) {
    return std::unexpected(EditError{EditError::Kind::invalid, std::move(message)});
}

std::unexpected<EditError> no_such_path() {
    return std::unexpected(EditError{EditError::Kind::no_such_path, "path not found"});
}

// The body's members, each known and of its type, as they were given.
Edited members_of(std::span<Key const> keys, std::string_view body) {
    auto tree = parse_json_body(body);
    if (!tree) return invalid(tree.error());
    auto const decoded = decode_object(keys, *tree, "", Nulls::optional);
    if (!decoded) return invalid(decoded.error());
    if (tree->is_null()) return json::object{};
    auto members = std::move(tree->get_object());
    for (auto member = members.begin(); member != members.end();) {
        member = member->value().is_null() ? members.erase(member) : std::next(member);
    }
    return members;
}

// A member that is a map, made so where it is missing or null.
json::object& map_in(json::object& object, std::string_view name) {
    auto& value = object[name];
    if (!value.is_object()) value.emplace_object();
    return value.get_object();
}

void overlay(json::object& base, json::object&& top) {
    for (auto& member : top) base[member.key()] = std::move(member.value());
}

}  // namespace

Edited patch_global(json::object document, std::string_view body) {
    auto members = members_of(global_keys(), body);
    if (!members) return members;
    overlay(document, std::move(*members));
    return document;
}

Edited patch_path_defaults(json::object document, std::string_view body) {
    auto members = members_of(path_keys(), body);
    if (!members) return members;
    overlay(map_in(document, "pathDefaults"), std::move(*members));
    return document;
}

Edited add_path(json::object document, std::string_view name, std::string_view body) {
    auto members = members_of(path_keys(), body);
    if (!members) return members;
    auto& paths = map_in(document, "paths");
    if (paths.contains(name)) return invalid("path already exists");
    paths[name] = std::move(*members);
    return document;
}

Edited patch_path(json::object document, std::string_view name, std::string_view body) {
    auto members = members_of(path_keys(), body);
    if (!members) return members;
    auto& paths = map_in(document, "paths");
    if (!paths.contains(name)) return no_such_path();
    overlay(map_in(paths, name), std::move(*members));
    return document;
}

Edited replace_path(json::object document, std::string_view name, std::string_view body) {
    auto members = members_of(path_keys(), body);
    if (!members) return members;
    map_in(document, "paths")[name] = std::move(*members);
    return document;
}

Edited remove_path(json::object document, std::string_view name) {
    if (map_in(document, "paths").erase(name) == 0) return no_such_path();
    return document;
}

}  // namespace tidegate::config::mediamtx
