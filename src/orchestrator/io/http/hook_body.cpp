#include "orchestrator/io/http/hook_body.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <utility>

#include "orchestrator/io/http/hook_body_reader.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

using Parser = json::basic_parser<HookBodyReader>;

std::unexpected<HookBodyError> not_json(std::string detail) {
    return std::unexpected(HookBodyError{false, std::move(detail), {}});
}

std::string describe(boost::system::error_code const& error) {
    if (error == json::error::too_deep)
        return "nested deeper than " + std::to_string(kMaxBodyDepth);
    if (error == json::error::object_too_large) {
        return "more than " + std::to_string(kMaxBodyFields) + " fields in an object";
    }
    return error.message();
}

struct Rule {
    std::string_view field;
    std::size_t min_bytes;
    std::size_t max_bytes;
    std::string HookBody::* target;
};

constexpr Rule kRules[] = {
    {"path", 1, kMaxPathBytes, &HookBody::path},
    {"query", 0, base::kMaxHookQueryBytes, &HookBody::query},
    {"sourceType", 1, kMaxSourceTypeBytes, &HookBody::source_type},
    {"sourceId", 1, kMaxSourceIdBytes, &HookBody::source_id},
};

// The reason against a field, empty when there is none.
std::string check(Rule const& rule, HookBodyReader const& reader) {
    if (!reader.has(rule.field)) return "is missing";
    auto const* const value = reader.string(rule.field);
    if (value == nullptr) return "must be a string";
    if (value->size() < rule.min_bytes) return "must not be empty";
    if (value->size() > rule.max_bytes) {
        return "must have at most " + std::to_string(rule.max_bytes) + " bytes";
    }
    return {};
}

std::expected<HookBody, HookBodyError> to_body(HookBodyReader const& reader) {
    HookBody body;
    HookBodyError refused{true, "the event does not follow the contract", {}};
    for (auto const& rule : kRules) {
        auto reason = check(rule, reader);
        if (reason.empty()) {
            body.*rule.target = *reader.string(rule.field);
        } else {
            refused.fields.push_back({std::string(rule.field), std::move(reason)});
        }
    }
    auto stream = base::parse_stream_path(body.path);
    if (!stream && !body.path.empty()) {
        refused.fields.insert(refused.fields.begin(),
                              {"path",
                               "must be live/<id>/in or live/<id>/out with an id of 1 to 128 of "
                               "A-Z a-z 0-9 _ -"});
    }
    if (!refused.fields.empty()) return std::unexpected(std::move(refused));
    body.stream = std::move(*stream);
    return body;
}

}  // namespace

std::expected<HookBody, HookBodyError> parse_hook_body(std::string_view text) {
    json::parse_options options;
    options.max_depth = kMaxBodyDepth;
    Parser parser(options);
    boost::system::error_code error;
    auto const used = parser.write_some(false, text.data(), text.size(), error);
    auto const& reader = parser.handler();
    if (!reader.duplicate().empty())
        return not_json("a field is given twice: " + reader.duplicate());
    if (error)
        return not_json("not valid JSON: " + describe(error) + " at byte " + std::to_string(used));
    if (used != text.size())
        return not_json("more text after the JSON value, at byte " + std::to_string(used));
    if (!reader.is_object()) {
        return std::unexpected(HookBodyError{true, "the body must be a JSON object", {}});
    }
    return to_body(reader);
}

}  // namespace tidegate::orchestrator
