#include "orchestrator/io/router/recorded_spans.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <ranges>

#include "base/duration.hpp"

namespace tidegate::orchestrator {

namespace {

// No recording is longer; what says more is not added to a time.
constexpr double kLongestSpan = 10.0 * 365 * 24 * 3600;  // seconds

// MediaMTX's default of recordPartDuration.
constexpr std::chrono::seconds kUsualPart{1};

boost::json::value parsed(std::string_view text) {
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value() : value;
}

std::string member(boost::json::object const& object, std::string_view key) {
    auto const* const value = object.if_contains(key);
    auto const* const text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(*text);
}

std::optional<RecordedSpan> span_of(boost::json::value const& entry) {
    auto const* const object = entry.if_object();
    if (object == nullptr) return std::nullopt;
    auto const* const duration = object->if_contains("duration");
    auto start = member(*object, "start");
    auto const begins = base::parse_go_time(start);
    if (!begins || duration == nullptr) return std::nullopt;
    boost::system::error_code error;
    auto const seconds = duration->to_number<double>(error);
    if (error || !std::isfinite(seconds)) return std::nullopt;
    return RecordedSpan{std::move(start), *begins, std::clamp(seconds, 0.0, kLongestSpan)};
}

bool names_a_group(std::string_view command) {
    for (auto at = command.find("$G"); at != std::string_view::npos;
         at = command.find("$G", at + 1)) {
        if (at + 2 < command.size() && command[at + 2] >= '1' && command[at + 2] <= '9')
            return true;
    }
    return false;
}

}  // namespace

std::expected<RecordedSpans, std::string> parse_spans(std::string_view text, std::size_t limit) {
    auto const value = parsed(text);
    auto const* const entries = value.if_array();
    if (entries == nullptr) return std::unexpected("the router's list of recordings is not JSON");
    RecordedSpans found;
    found.more = entries->size() > limit;
    for (auto const& entry :
         *entries | std::views::drop(found.more ? entries->size() - limit : 0)) {
        auto span = span_of(entry);
        if (!span) return std::unexpected("an item of the list of recordings cannot be read");
        found.spans.push_back(*std::move(span));
    }
    return found;
}

bool PathEntry::records() const {
    auto const* const value = values.if_contains("record");
    return value != nullptr && value->is_bool() && value->as_bool();
}

bool PathEntry::is_mpegts() const {
    return member(values, "recordFormat") == "mpegts";
}

std::chrono::nanoseconds PathEntry::part() const {
    return base::parse_duration(member(values, "recordPartDuration")).value_or(kUsualPart);
}

std::expected<PathEntry, std::string> parse_path_entry(std::string_view text) {
    auto const value = parsed(text);
    auto const* const object = value.if_object();
    if (object == nullptr) return std::unexpected("the path's configuration is not JSON");
    return PathEntry{member(*object, "name"), *object};
}

std::optional<std::set<std::string, std::less<>>> parse_recording_entries(std::string_view text) {
    auto const value = parsed(text);
    auto const* const object = value.if_object();
    auto const* const items = object == nullptr ? nullptr : object->if_contains("items");
    if (items == nullptr || !items->is_array()) return std::nullopt;
    std::set<std::string, std::less<>> names;
    for (auto const& item : items->as_array()) {
        auto const* const entry = item.if_object();
        if (entry != nullptr && PathEntry{{}, *entry}.records())
            names.insert(member(*entry, "name"));
    }
    return names;
}

std::optional<std::string> own_entry(PathEntry const& entry, bool record) {
    auto values = entry.values;
    values.erase("name");
    for (auto const& [key, value] : values) {
        auto const* const text = value.if_string();
        if (text != nullptr && names_a_group(*text)) return std::nullopt;
    }
    values["record"] = record;
    return boost::json::serialize(values);
}

std::optional<RecorderState> parse_recorder(std::string_view text, std::string_view path) {
    auto const value = parsed(text);
    auto const* const object = value.if_object();
    auto const* const items = object == nullptr ? nullptr : object->if_contains("items");
    auto const* const list = items == nullptr ? nullptr : items->if_array();
    if (list == nullptr) return std::nullopt;
    for (auto const& item : *list) {
        auto const* const recorder = item.if_object();
        if (recorder == nullptr || member(*recorder, "path") != path) continue;
        return RecorderState{member(*recorder, "state"), member(*recorder, "error")};
    }
    return std::nullopt;
}

std::string error_in(std::string_view text) {
    auto const value = parsed(text);
    auto const* const object = value.if_object();
    return object == nullptr ? std::string() : member(*object, "error");
}

}  // namespace tidegate::orchestrator
