#include "archive/spool/entry.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <optional>

namespace tidegate::archive {

namespace {

namespace json = boost::json;

// Names of files, and what a server has sent, may be any bytes, but JSON is UTF-8: each byte
// becomes the character of its number.
std::string as_latin1(std::string_view bytes) {
    std::string text;
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xC0 | byte >> 6);
            text += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

// nullopt: a character that no byte has become.
std::optional<std::string> from_latin1(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const first = static_cast<unsigned char>(text[i]);
        if (first < 0x80) {
            bytes += text[i];
            continue;
        }
        if ((first != 0xC2 && first != 0xC3) || i + 1 == text.size()) return std::nullopt;
        bytes +=
            static_cast<char>((first & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    }
    return bytes;
}

std::optional<json::object> parse_object(std::string_view text) {
    if (text.size() > kMaxSpoolFileBytes) return std::nullopt;
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 4;
    auto value = json::parse(text, error, {}, options);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

std::optional<std::string> text_of(json::object const& object, char const* name,
                                   std::size_t limit = kMaxNameBytes) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    auto text = from_latin1(std::string_view(value->as_string()));
    if (!text || text->size() > limit || text->contains('\0')) return std::nullopt;
    return text;
}

std::optional<std::int64_t> number_of(json::object const& object, char const* name) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->as_int64();
}

bool flag_of(json::object const& object, char const* name) {
    auto const* const value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->as_bool();
}

std::optional<std::vector<std::string>> texts_of(json::object const& object, char const* name) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || !value->is_array()) return std::nullopt;
    std::vector<std::string> texts;
    for (auto const& item : value->as_array()) {
        if (!item.is_string()) return std::nullopt;
        auto text = from_latin1(std::string_view(item.as_string()));
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return texts;
}

}  // namespace

bool is_duration(std::string_view text) {
    return !text.empty() && text.size() <= kMaxDurationBytes &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string to_text(Entry const& entry) {
    return json::serialize(json::object{{"path", as_latin1(entry.path)},
                                        {"file", as_latin1(entry.file)},
                                        {"duration", entry.duration},
                                        {"size", entry.mark.size},
                                        {"modifiedNs", entry.mark.modified_ns},
                                        {"found", entry.found}}) +
           "\n";
}

std::expected<Entry, std::string> parse_entry(std::string_view text) {
    auto const object = parse_object(text);
    if (!object) return std::unexpected("it is not a JSON object");
    auto const path = text_of(*object, "path");
    auto const file = text_of(*object, "file");
    auto const duration = text_of(*object, "duration", kMaxDurationBytes);
    auto const size = number_of(*object, "size");
    auto const modified = number_of(*object, "modifiedNs");
    bool const complete = path && file && duration && size && modified && *size >= 0 &&
                          file->starts_with('/') && (duration->empty() || is_duration(*duration));
    if (!complete) return std::unexpected("it lacks a field of an entry, or has a wrong one");
    return Entry{*path,
                 *file,
                 *duration,
                 {static_cast<std::uint64_t>(*size), *modified},
                 flag_of(*object, "found")};
}

std::string to_text(UploadState const& state) {
    json::array etags;
    for (auto const& etag : state.etags) etags.emplace_back(as_latin1(etag));
    return json::serialize(json::object{{"beginning", state.beginning},
                                        {"verified", state.verified},
                                        {"uploadId", as_latin1(state.upload_id)},
                                        {"key", as_latin1(state.key)},
                                        {"partBytes", state.part_bytes},
                                        {"etags", std::move(etags)}}) +
           "\n";
}

std::expected<UploadState, std::string> parse_state(std::string_view text) {
    auto const object = parse_object(text);
    if (!object) return std::unexpected("it is not a JSON object");
    auto const id = text_of(*object, "uploadId");
    auto const key = text_of(*object, "key");
    auto const part = number_of(*object, "partBytes");
    auto etags = texts_of(*object, "etags");
    if (!id || !key || !part || *part < 0 || !etags) {
        return std::unexpected("it lacks a field of a state, or has a wrong one");
    }
    return UploadState{flag_of(*object, "beginning"),
                       flag_of(*object, "verified"),
                       *id,
                       *key,
                       static_cast<std::uint64_t>(*part),
                       std::move(*etags)};
}

}  // namespace tidegate::archive
