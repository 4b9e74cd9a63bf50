// Reads JSON that strangers write: null is absent, unknown fields are ignored, 12.0 is an integer
// (§4). Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sts/core/limits.hpp"

namespace tidegate::sts {

// Parses a text with a limit for its values, and so for the memory that it costs. The error is a
// sentence.
std::expected<boost::json::value, std::string> parse_json(std::string_view text);

// The fields of an object; all are absent in what is no object. A view: the value must outlive it.
class Fields {
public:
    explicit Fields(boost::json::value const* value)
        : object_(value == nullptr ? nullptr : value->if_object()) {}

    bool is_object() const { return object_ != nullptr; }
    // nullptr: absent, or null.
    boost::json::value const* find(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    Fields in(std::string_view name) const { return Fields(find(name)); }

    // Cut off at `most` bytes, between characters. Numbers are taken as text, too: an id may be
    // one.
    std::optional<std::string> text(std::string_view name, std::size_t most = kMaxText) const;
    std::optional<std::int64_t> integer(std::string_view name) const;
    std::optional<bool> boolean(std::string_view name) const;
    // Of an integer between low and high; otherwise what is given as absent.
    std::int64_t integer_or(std::string_view name, std::int64_t absent, std::int64_t low,
                            std::int64_t high) const;
    // Milliseconds, from 0 to a day.
    std::optional<std::chrono::milliseconds> milliseconds(std::string_view name) const;

private:
    boost::json::object const* object_;
};

}  // namespace tidegate::sts
