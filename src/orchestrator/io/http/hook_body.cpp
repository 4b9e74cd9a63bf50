#include "orchestrator/io/http/hook_body.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/utf8.hpp"
#include "http/masked_query.hpp"
#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> kHookFields{"path", "query", "sourceType", "sourceId"};

// Takes the four strings of the contract out of a JSON text while it is parsed. It builds nothing
// else, and notices a key that is given twice, of which a JSON document would silently drop one.
// For one text only.
// The callbacks are those of boost::json::basic_parser, which reads the limits as well.
class HookBodyReader {
public:
    using Error = boost::system::error_code;
    using View = boost::json::string_view;
    static constexpr std::size_t max_object_size = kMaxBodyFields;
    static constexpr std::size_t max_array_size = 1024;  // only in extra fields
    static constexpr std::size_t max_key_size = 128;     // likewise
    static constexpr std::size_t max_string_size =
        64 * 1024;  // a whole body; the fields' own limits follow

    bool on_document_begin(Error&) { return true; }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) { return enter(true); }
    bool on_object_end(std::size_t, Error&) { return leave(); }
    bool on_array_begin(Error&) { return enter(false); }
    bool on_array_end(std::size_t, Error&) { return leave(); }
    bool on_key_part(View part, std::size_t, Error&) { return append(part); }
    bool on_key(View part, std::size_t, Error& error);
    bool on_string_part(View part, std::size_t, Error&) { return append(part); }
    bool on_string(View part, std::size_t, Error&);
    bool on_number_part(View, Error&) { return true; }
    bool on_int64(std::int64_t, View, Error&) { return true; }
    bool on_uint64(std::uint64_t, View, Error&) { return true; }
    bool on_double(double, View, Error&) { return true; }
    bool on_bool(bool, Error&) { return true; }
    bool on_null(Error&) { return true; }
    bool on_comment_part(View, Error&) { return true; }
    bool on_comment(View, Error&) { return true; }

    bool is_object() const { return is_object_; }
    bool has(std::string_view field) const { return keys_.contains(field); }
    std::string const* string(std::string_view field) const;     // null: absent, or not a string
    std::string const& duplicate() const { return duplicate_; }  // empty: none

private:
    bool enter(bool object);
    bool leave();
    bool append(View part);

    int depth_ = 0;
    bool is_object_ = false;
    std::string text_;  // of the key or string being read, at depth 1
    std::string key_;   // whose value comes next, at depth 1
    std::set<std::string, std::less<>> keys_;
    std::array<std::optional<std::string>, kHookFields.size()> values_;
    std::string duplicate_;
};

bool HookBodyReader::on_key(View part, std::size_t, Error& error) {
    append(part);
    if (depth_ != 1) return true;
    key_ = std::exchange(text_, {});
    if (keys_.insert(key_).second) return true;
    duplicate_ = key_.empty() ? "(empty)" : key_;
    error = boost::json::error::syntax;
    return false;
}

bool HookBodyReader::on_string(View part, std::size_t, Error&) {
    append(part);
    auto const* field = std::ranges::find(kHookFields, key_);
    if (depth_ == 1 && field != kHookFields.end()) {
        values_[static_cast<std::size_t>(field - kHookFields.begin())] = text_;
    }
    text_.clear();
    return true;
}

std::string const* HookBodyReader::string(std::string_view field) const {
    auto const* found = std::ranges::find(kHookFields, field);
    auto const& value = values_[static_cast<std::size_t>(found - kHookFields.begin())];
    return value ? &*value : nullptr;
}

bool HookBodyReader::enter(bool object) {
    if (depth_++ == 0) is_object_ = object;
    return true;
}

bool HookBodyReader::leave() {
    --depth_;
    return true;
}

bool HookBodyReader::append(View part) {
    if (depth_ == 1) text_.append(part.data(), part.size());
    return true;
}

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

// Why a field is refused; empty: it is accepted.
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

std::string mask_query(std::string_view query) {
    return http::masked_query(unwrap_query(query));
}

std::string shown_query(std::string_view masked) {
    if (masked.size() <= kMaxShownQueryBytes) return std::string(masked);
    return std::string(base::utf8_prefix(masked, kMaxShownQueryBytes)) + "…";
}

}  // namespace tidegate::orchestrator
