#include "config/yaml/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "base/number.hpp"

namespace tidegate::config {
namespace {

namespace json = boost::json;
using Value = std::expected<json::value, std::string>;

std::string place(YAML::Mark const& mark) {
    return "[" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + "]";
}

template <std::size_t N>
bool is_one_of(std::string const& text, std::array<std::string_view, N> const& words) {
    return std::ranges::find(words, text) != words.end();
}

std::optional<bool> as_bool(std::string const& text) {
    static constexpr std::array<std::string_view, 9> kTrue{"true", "True", "TRUE", "yes", "Yes",
                                                           "YES",  "on",   "On",   "ON"};
    static constexpr std::array<std::string_view, 9> kFalse{"false", "False", "FALSE", "no", "No",
                                                            "NO",    "off",   "Off",   "OFF"};
    if (is_one_of(text, kTrue)) return true;
    if (is_one_of(text, kFalse)) return false;
    return std::nullopt;
}

std::optional<json::value> as_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.find_first_not_of("0123456789.eE+-xoabcdfABCDF") != text.npos) {
        return std::nullopt;
    }
    if (text.starts_with("0x-") || text.starts_with("0o-")) return std::nullopt;
    if (text.starts_with("0x")) {
        if (auto n = base::parse_number<std::int64_t>(text.substr(2), 16)) return json::value(*n);
    } else if (text.starts_with("0o")) {
        if (auto n = base::parse_number<std::int64_t>(text.substr(2), 8)) return json::value(*n);
    } else if (auto n = base::parse_number<std::int64_t>(text)) {
        return json::value(*n);
    } else if (auto d = base::parse_number<double>(text); d && std::isfinite(*d)) {
        return json::value(*d);
    }
    return std::nullopt;
}

json::value scalar(YAML::Node const& node) {
    auto const& text = node.Scalar();
    if (node.Tag() != "?") return json::value(text);  // quoted, or a block
    static constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
    if (is_one_of(text, kNull)) return nullptr;
    if (auto const boolean = as_bool(text)) return json::value(*boolean);
    if (auto number = as_number(text)) return std::move(*number);
    return json::value(text);
}

class Converter {
public:
    Value convert(YAML::Node const& node, std::size_t depth) {
        if (depth > kMaxYamlDepth) {
            return std::unexpected(place(node.Mark()) + " nested deeper than " +
                                   std::to_string(kMaxYamlDepth) + " levels");
        }
        if (++values_ > kMaxYamlValues) {
            return std::unexpected("more than " + std::to_string(kMaxYamlValues) + " values");
        }
        if (node.IsScalar()) return scalar(node);
        if (node.IsSequence()) return sequence(node, depth);
        if (node.IsMap()) return mapping(node, depth);
        return json::value(nullptr);
    }

private:
    Value sequence(YAML::Node const& node, std::size_t depth) {
        json::array items;
        for (auto const& item : node) {
            auto value = convert(item, depth + 1);
            if (!value) return value;
            items.push_back(std::move(*value));
        }
        return json::value(std::move(items));
    }

    Value mapping(YAML::Node const& node, std::size_t depth) {
        json::object members;
        std::map<std::string, std::string> places;
        for (auto const& member : node) {
            if (!member.first.IsScalar()) {
                return std::unexpected(place(member.first.Mark()) + " a key must be a plain word");
            }
            auto const& key = member.first.Scalar();
            auto const here = place(member.first.Mark());
            if (auto const [at, is_new] = places.emplace(key, here); !is_new) {
                return std::unexpected(here + " mapping key \"" + key + "\" already defined at " +
                                       at->second);
            }
            auto value = convert(member.second, depth + 1);
            if (!value) return value;
            members.emplace(key, std::move(*value));
        }
        return json::value(std::move(members));
    }

    std::size_t values_ = 0;
};

// Hears a document and keeps nothing.
class Silence : public YAML::EventHandler {
    void OnDocumentStart(YAML::Mark const&) override {}
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const&, YAML::anchor_t) override {}
    void OnAlias(YAML::Mark const&, YAML::anchor_t) override {}
    void OnScalar(YAML::Mark const&, std::string const&, YAML::anchor_t,
                  std::string const&) override {}
    void OnSequenceStart(YAML::Mark const&, std::string const&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(YAML::Mark const&, std::string const&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

// 0, 1 or "2 or more". Not YAML::LoadAll: on a text like ",: a" the parser yields documents without
// end.
int count_documents(std::string const& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Silence silence;
    int count = 0;
    while (count < 2 && parser.HandleNextDocument(silence)) ++count;
    return count;
}

}  // namespace

Value parse_yaml(std::string_view text) {
    // yaml-cpp tells errors by exceptions only; none leaves this function.
    try {
        std::string const whole(text);
        auto const documents = count_documents(whole);
        if (documents == 0) return json::value(nullptr);
        if (documents != 1) return std::unexpected("invalid YAML");
        return Converter{}.convert(YAML::Load(whole), 0);
    } catch (YAML::Exception const& error) {
        return std::unexpected(place(error.mark) + " " + error.msg);
    }
}

}  // namespace tidegate::config
