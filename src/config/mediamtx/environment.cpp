#include "config/mediamtx/environment.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <map>

#include "base/lower_case.hpp"
#include "base/number.hpp"
#include "config/mediamtx/schema.hpp"

namespace tidegate::config::mediamtx {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;
using Status = std::expected<void, std::string>;
using Converted = std::expected<json::value, std::string>;

// A list longer than this comes from a mistake: indices count up from 0 and end at the first gap.
constexpr std::size_t kMaxRecords = 10'000;

std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

bool any_with_prefix(Variables const& variables, std::string const& prefix) {
    auto const found = variables.lower_bound(prefix);
    return found != variables.end() && found->first.starts_with(prefix);
}

Converted boolean(std::string const& text) {
    auto const word = base::lower_case(text);
    if (word == "yes" || word == "true") return json::value(true);
    if (word == "no" || word == "false") return json::value(false);
    return std::unexpected("invalid value '" + text + "'");
}

// 32 bits, as strconv.ParseInt and ParseUint are asked for.
Converted integer(std::string const& text, bool is_unsigned) {
    auto const function = is_unsigned ? "strconv.ParseUint" : "strconv.ParseInt";
    auto const fail = [&](std::string_view why) {
        return std::unexpected(std::string(function) + ": parsing \"" + text +
                               "\": " + std::string(why));
    };
    auto const plus = !is_unsigned && text.starts_with('+') ? 1U : 0U;
    std::int64_t number = 0;
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data() + plus, end, number);
    if (stop != end || error == std::errc::invalid_argument || text.starts_with("+-")) {
        return fail("invalid syntax");
    }
    if (is_unsigned && number < 0) return fail("invalid syntax");
    auto const high = is_unsigned ? std::int64_t{0xffffffff} : std::int64_t{0x7fffffff};
    if (error != std::errc{} || number > high || number < -high - 1) {
        return fail("value out of range");
    }
    return json::value(number);
}

Converted real(std::string const& text) {
    auto const number = base::parse_number<double>(text);
    if (!number) {
        return std::unexpected("strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
    }
    return json::value(*number);
}

// An element of a list; what a number list takes is told by its Go name.
Converted element(Type const& type, std::string const& text) {
    if (type.is_unsigned) return integer(text, true);
    if (type.go_name == "float64") return real(text);
    return json::value(text);
}

Converted list(Type const& type, std::string const& text) {
    json::array items;
    for (std::size_t start = 0; !text.empty() && start <= text.size();) {
        auto const comma = std::min(text.find(',', start), text.size());
        auto item = element(type, text.substr(start, comma - start));
        if (!item) return item;
        items.push_back(std::move(*item));
        start = comma + 1;
    }
    return json::value(std::move(items));
}

Converted convert(Type const& type, std::string const& text) {
    switch (type.shape) {
        case Shape::boolean:
            return boolean(text);
        case Shape::integer:
            return integer(text, type.is_unsigned);
        case Shape::real:
            return real(text);
        case Shape::list:
            return list(type, text);
        default:
            return json::value(text);
    }
}

class Loader {
public:
    explicit Loader(Variables const& variables) : variables_(variables) {}

    Status object(std::span<Key const> keys, std::string const& prefix, json::object& target) {
        for (auto const& key : keys) {
            if (auto status = one(key, prefix + "_" + upper(key.name), target); !status) {
                return status;
            }
        }
        return {};
    }

    Status paths(std::string const& prefix, json::object& target) {
        for (auto at = variables_.lower_bound(prefix + "_");
             at != variables_.end() && at->first.starts_with(prefix + "_"); ++at) {
            auto const rest = at->first.substr(prefix.size() + 1);
            auto const name = rest.substr(0, rest.find('_'));
            if (name.empty() || name != upper(name)) continue;
            auto& entry = target[base::lower_case(name)];
            if (entry.is_null()) entry.emplace_object();
            if (!entry.is_object()) continue;  // refused later, by its own message
            auto status = object(path_keys(), prefix + "_" + name, entry.get_object());
            if (!status) return status;
        }
        return {};
    }

private:
    Status one(Key const& key, std::string const& name, json::object& target) {
        auto const found = variables_.find(name);
        if (key.type->shape == Shape::records) {
            if (found != variables_.end() && found->second.empty()) {
                target[key.name] = json::array{};
                return {};
            }
            return any_with_prefix(variables_, name + "_") ? records(key, name, target) : Status{};
        }
        if (found == variables_.end()) return {};
        auto value = convert(*key.type, found->second);
        // Checked here as well, because only here the variable can be named.
        if (value) value = key.type->decode(*key.type, *value, std::string(key.name));
        if (!value) return std::unexpected(name + ": " + value.error());
        target[key.name] = std::move(*value);
        return {};
    }

    // Existing elements are changed member by member, further ones appended.
    Status records(Key const& key, std::string const& name, json::object& target) {
        auto& value = target[key.name];
        if (value.is_null()) value = json::parse(key.fallback);
        if (!value.is_array()) return {};
        auto& items = value.get_array();
        for (std::size_t i = 0; i < kMaxRecords; ++i) {
            auto const prefix = name + "_" + std::to_string(i);
            if (!any_with_prefix(variables_, prefix + "_") && i >= items.size()) break;
            if (i >= items.size()) items.emplace_back(json::object{});
            if (!items[i].is_object()) continue;
            auto status = object(key.type->fields, prefix, items[i].get_object());
            if (!status) return status;
        }
        return {};
    }

    Variables const& variables_;
};

Status apply_prefix(Loader& loader, std::string const& prefix, Variables const& variables,
                    json::object& document) {
    if (auto status = loader.object(global_keys(), prefix, document); !status) return status;
    if (any_with_prefix(variables, prefix + "_PATHDEFAULTS_")) {
        auto& defaults = document["pathDefaults"];
        if (defaults.is_null()) defaults.emplace_object();
        if (defaults.is_object()) {
            auto status =
                loader.object(path_keys(), prefix + "_PATHDEFAULTS", defaults.get_object());
            if (!status) return status;
        }
    }
    if (!any_with_prefix(variables, prefix + "_PATHS_")) return {};
    auto& paths = document["paths"];
    if (paths.is_null()) paths.emplace_object();
    return paths.is_object() ? loader.paths(prefix + "_PATHS", paths.get_object()) : Status{};
}

}  // namespace

Status apply_environment(json::object& document, Environment const& environment) {
    Variables variables;
    for (auto const& entry : environment) {
        auto const equals = entry.find('=');
        if (equals != std::string::npos) {
            variables[entry.substr(0, equals)] = entry.substr(equals + 1);
        }
    }
    Loader loader(variables);
    for (auto const* prefix : {"RTSP", "MTX"}) {
        if (auto status = apply_prefix(loader, prefix, variables, document); !status) return status;
    }
    return {};
}

}  // namespace tidegate::config::mediamtx
