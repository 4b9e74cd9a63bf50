// document -> Conf: check every key, resolve the deprecated ones, fill in defaults, validate, bind.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <map>

#include "config/mediamtx/aliases.hpp"
#include "config/mediamtx/bind.hpp"
#include "config/mediamtx/conf.hpp"
#include "config/mediamtx/environment.hpp"
#include "config/mediamtx/legacy_users.hpp"
#include "config/mediamtx/schema.hpp"
#include "config/mediamtx/validate.hpp"
#include "config/mediamtx/values.hpp"
#include "config/yaml/yaml.hpp"

namespace tidegate::config::mediamtx {
namespace {

// What was given, checked, without defaults.
struct Given {
    json::object global;
    json::object path_defaults;
    std::map<std::string, json::object> paths;  // by name, in byte order
};

json::value member(json::object& object, std::string_view name) {
    auto* found = object.if_contains(name);
    if (found == nullptr) return nullptr;
    auto value = std::move(*found);
    object.erase(name);
    return value;
}

Verdict decode_paths(json::value const& paths, Given& given) {
    if (paths.is_null()) return {};
    if (!paths.is_object()) {
        return std::unexpected(mismatch(paths, "map[string]json.RawMessage"));
    }
    for (auto const& entry : paths.get_object()) {
        auto decoded = decode_object(path_keys(), entry.value(), "", Nulls::optional);
        if (!decoded) return std::unexpected(decoded.error());
        given.paths.emplace(entry.key(), std::move(*decoded));
    }
    return {};
}

Result<Given> decode(json::object document) {
    auto const path_defaults = member(document, "pathDefaults");
    auto const paths = member(document, "paths");
    Given given;
    auto global = decode_object(global_keys(), document, "", Nulls::strict);
    if (!global) return std::unexpected(global.error());
    given.global = std::move(*global);
    auto defaults = decode_object(path_keys(), path_defaults, "pathDefaults", Nulls::strict);
    if (!defaults) return std::unexpected(defaults.error());
    given.path_defaults = std::move(*defaults);
    if (auto verdict = decode_paths(paths, given); !verdict) {
        return std::unexpected(verdict.error());
    }
    return given;
}

Verdict refuse_aliases_of_all(std::map<std::string, json::object> const& paths) {
    auto const count = paths.count("all") + paths.count("all_others") + paths.count("~^.*$");
    if (count <= 1) return {};
    return std::unexpected("all_others, all and '~^.*$' are aliases");
}

// Keys that were set to something else than their default and that nothing here acts on.
void note_no_effect(std::span<Key const> keys, json::object const& given, std::string const& prefix,
                    std::vector<std::string>& names) {
    for (auto const& key : keys) {
        auto const* value = given.if_contains(key.name);
        if (value == nullptr || key.effect == Effect::used) continue;
        if (*value != json::parse(key.fallback)) names.push_back(prefix + std::string(key.name));
    }
}

json::object overlaid(json::object base, json::object const& top) {
    for (auto const& item : top) base[item.key()] = item.value();
    return base;
}

class Builder {
public:
    explicit Builder(Given given) : given_(std::move(given)) {}

    Result<Conf> run() && {
        apply_global_aliases(given_.global, given_.path_defaults, conf_.warnings);
        values_ = with_defaults(global_keys(), given_.global);
        if (auto verdict = validate_global(values_); !verdict) return error(verdict);
        if (auto verdict = refuse_aliases_of_all(given_.paths); !verdict) return error(verdict);
        for (auto const& [name, own] : given_.paths) resolve(name, own);
        if (auto verdict = legacy_users(); !verdict) return error(verdict);
        if (auto verdict = paths(); !verdict) return error(verdict);
        if (auto verdict = refuse_unsupported_global(values_); !verdict) return error(verdict);
        finish();
        return std::move(conf_);
    }

private:
    static Result<Conf> error(Verdict const& verdict) { return std::unexpected(verdict.error()); }

    void resolve(std::string const& name, json::object const& own) {
        auto entry = overlaid(given_.path_defaults, own);
        entry["name"] = name;
        apply_path_aliases(entry, conf_.warnings);
        effective_.push_back(with_defaults(path_keys(), entry));
    }

    Verdict legacy_users() {
        std::vector<json::object const*> entries;
        bool any = has_legacy_users(given_.path_defaults);
        for (auto const& entry : effective_) {
            any = any || has_legacy_users(entry);
            entries.push_back(&entry);
        }
        if (!any) return {};
        conf_.warnings.emplace_back(
            "you are using one or more authentication-related deprecated parameters (publishUser, "
            "publishPass, publishIPs, readUser, readPass, readIPs). These have been replaced by "
            "'authInternalUsers'");
        return apply_legacy_users(values_, entries);
    }

    Verdict paths() {
        for (auto& entry : effective_) {
            std::string const name(entry.at("name").get_string());
            if (auto verdict = validate_path(name, entry, values_); !verdict) return verdict;
            if (auto verdict = refuse_unsupported_path(name, entry); !verdict) return verdict;
            conf_.paths.push_back(std::make_shared<PathConf const>(bind_path(std::move(entry))));
        }
        return {};
    }

    void finish() {
        note_no_effect(global_keys(), given_.global, "", conf_.no_effect);
        auto const destinations = texts_of(values_, "logDestinations");
        if (std::ranges::find(destinations, "syslog") != destinations.end()) {
            conf_.no_effect.emplace_back("logDestinations: syslog");
        }
        note_no_effect(path_keys(), given_.path_defaults, "pathDefaults.", conf_.no_effect);
        for (auto const& [name, own] : given_.paths) {
            note_no_effect(path_keys(), own, "paths." + name + ".", conf_.no_effect);
        }
        auto defaults = given_.path_defaults;
        defaults["name"] = "";
        conf_.path_defaults =
            std::make_shared<PathConf const>(bind_path(with_defaults(path_keys(), defaults)));
        conf_.global = bind_global(std::move(values_));
    }

    Given given_;
    Conf conf_;
    json::object values_;                  // of the global keys
    std::vector<json::object> effective_;  // of the paths, by name
};

}  // namespace

Result<Conf> build(json::object document) {
    auto given = decode(document);
    if (!given) return std::unexpected(given.error());
    auto conf = Builder(std::move(*given)).run();
    if (conf) conf->document = std::move(document);
    return conf;
}

Result<Conf> parse(std::string_view yaml, Environment const& environment) {
    auto tree = parse_yaml(yaml);
    if (!tree) return std::unexpected(tree.error());
    if (tree->is_null()) tree->emplace_object();
    if (!tree->is_object()) {
        return std::unexpected(mismatch(*tree, "map[string]json.RawMessage"));
    }
    auto document = std::move(tree->get_object());
    if (auto status = apply_environment(document, environment); !status) {
        return std::unexpected(status.error());
    }
    return build(std::move(document));
}

}  // namespace tidegate::config::mediamtx
