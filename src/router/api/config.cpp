// The configuration, shown with its secrets hidden, and changed.
#include <algorithm>
#include <utility>

#include "config/mediamtx/edit.hpp"
#include "router/api/handlers.hpp"

namespace tidegate::router {

using config::mediamtx::redacted_global;
using config::mediamtx::redacted_path;

Answer get_config_global(ApiContext const& context, http::Request const&) {
    return to_text(redacted_global(context.config.get()->global));
}

Answer get_config_path_defaults(ApiContext const& context, http::Request const&) {
    return to_text(redacted_path(*context.config.get()->path_defaults));
}

Answer list_config_paths(ApiContext const& context, http::Request const& request) {
    auto const conf = context.config.get();
    return list_answer(request, conf->paths, [](std::string& text, auto const& path) {
        http::append_text(text, redacted_path(*path));
    });
}

Answer get_config_path(ApiContext const& context, http::Request const& request) {
    auto const name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    auto const conf = context.config.get();
    auto const found = std::ranges::find(
        conf->paths, name, [](auto const& path) -> auto const& { return path->name; });
    if (found == conf->paths.end()) {
        return std::unexpected(ApiError{404, "path configuration not found"});
    }
    return to_text(redacted_path(**found));
}

namespace {

namespace mediamtx = config::mediamtx;

Answer accept(ApiContext const& context, mediamtx::Edited edited) {
    if (!edited) {
        bool const missing = edited.error().kind == mediamtx::EditError::Kind::no_such_path;
        return std::unexpected(ApiError{missing ? 404U : 400U, edited.error().message});
    }
    auto const accepted = context.accept_config(std::move(*edited));
    if (!accepted) return std::unexpected(ApiError{400, accepted.error()});
    return ok_answer();
}

// edit(document, name, body) for the path that the request names.
template <class Edit>
Answer edit_path(ApiContext const& context, http::Request const& request, Edit edit) {
    auto const name = param(request, "name");
    if (name.empty()) return std::unexpected(ApiError{400, "invalid name"});
    return accept(context, edit(context.config.get()->document, name, request.body));
}

}  // namespace

Answer patch_config_global(ApiContext const& context, http::Request const& request) {
    return accept(context, mediamtx::patch_global(context.config.get()->document, request.body));
}

Answer patch_config_path_defaults(ApiContext const& context, http::Request const& request) {
    return accept(context,
                  mediamtx::patch_path_defaults(context.config.get()->document, request.body));
}

Answer add_config_path(ApiContext const& context, http::Request const& request) {
    return edit_path(context, request, mediamtx::add_path);
}

Answer patch_config_path(ApiContext const& context, http::Request const& request) {
    return edit_path(context, request, mediamtx::patch_path);
}

Answer replace_config_path(ApiContext const& context, http::Request const& request) {
    return edit_path(context, request, mediamtx::replace_path);
}

Answer delete_config_path(ApiContext const& context, http::Request const& request) {
    return edit_path(context, request, [](auto document, auto const& name, auto const&) {
        return mediamtx::remove_path(std::move(document), name);
    });
}

}  // namespace tidegate::router
