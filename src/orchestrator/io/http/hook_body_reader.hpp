// Takes the contract's four strings out of a JSON text while it is parsed: nothing else is built,
// and a key given twice at the top, which a document would silently merge, is seen. One use.
#pragma once

#include <array>
#include <boost/json/basic_parser.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "orchestrator/io/http/hook_body.hpp"

namespace tidegate::orchestrator {

inline constexpr std::array<std::string_view, 4> kHookFields{"path", "query", "sourceType",
                                                             "sourceId"};

// Callbacks of boost::json::basic_parser; its limits are the constants.
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

}  // namespace tidegate::orchestrator
