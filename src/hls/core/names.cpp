#include "hls/core/names.hpp"

#include <algorithm>
#include <array>

#include "base/number.hpp"

namespace tidegate::hls {

namespace {

constexpr std::string_view kPlaylistEnd = "_stream.m3u8";
constexpr std::string_view kMp4Ending = ".mp4";
constexpr std::string_view kTsEnding = ".ts";
constexpr std::string_view kVttEnding = ".vtt";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_prefix(std::string_view text) {
    return text.size() == kPrefixDigits &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kMaxIdSize &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); });
}

// A number as file_name() writes it: another spelling would be another name for the same file.
std::optional<std::uint64_t> canonical_number(std::string_view text) {
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return base::parse_number<std::uint64_t>(text);
}

struct Form {
    FileKind kind;
    std::string_view word;
};
constexpr std::array kForms{Form{FileKind::init, "init"}, Form{FileKind::segment, "seg"},
                            Form{FileKind::part, "part"}};

// What stands behind the id: "init", "init2", "seg7", "part0".
bool read_form(std::string_view text, FileName& file) {
    auto const* const form =
        std::ranges::find_if(kForms, [&](Form const& one) { return text.starts_with(one.word); });
    if (form == kForms.end()) return false;
    file.kind = form->kind;
    text.remove_prefix(form->word.size());
    if (form->kind == FileKind::init && text.empty()) {
        file.number = 1;
        return true;
    }
    auto const number = canonical_number(text);
    if (!number || (form->kind == FileKind::init && *number < 2)) return false;
    file.number = *number;
    return true;
}

// "<prefix>_<id>_<form>".
std::optional<FileName> read_media_name(std::string_view stem, std::string_view ending) {
    if (stem.size() <= kPrefixDigits || stem[kPrefixDigits] != '_') return std::nullopt;
    auto const prefix = stem.substr(0, kPrefixDigits);
    auto const rest = stem.substr(kPrefixDigits + 1);
    auto const end = rest.find('_');
    if (end == std::string_view::npos) return std::nullopt;
    auto const id = rest.substr(0, end);
    FileName file{.prefix = std::string(prefix),
                  .id = std::string(id.substr(0, kMaxIdSize + 1)),
                  .mpegts = ending == kTsEnding,
                  .web_vtt = ending == kVttEnding};
    if (!is_prefix(prefix) || !is_id(id) || !read_form(rest.substr(end + 1), file)) {
        return std::nullopt;
    }
    if ((file.mpegts || file.web_vtt) && file.kind != FileKind::segment) return std::nullopt;
    return file;
}

std::string_view form_word(FileKind kind) {
    auto const* const form = std::ranges::find(kForms, kind, &Form::kind);
    return form == kForms.end() ? std::string_view{} : form->word;
}

}  // namespace

std::optional<FileName> parse_file_name(std::string_view name) {
    if (name == kIndexName) return FileName{};
    if (name.ends_with(kPlaylistEnd)) {
        auto const id = name.substr(0, name.size() - kPlaylistEnd.size());
        if (!is_id(id)) return std::nullopt;
        return FileName{.kind = FileKind::playlist, .prefix = {}, .id = std::string(id)};
    }
    for (auto const ending : {kMp4Ending, std::string_view(".mp"), kTsEnding, kVttEnding}) {
        if (!name.ends_with(ending)) continue;
        return read_media_name(name.substr(0, name.size() - ending.size()), ending);
    }
    return std::nullopt;
}

std::string file_name(FileName const& file) {
    if (file.kind == FileKind::index) return std::string(kIndexName);
    if (file.kind == FileKind::playlist) return file.id + std::string(kPlaylistEnd);
    auto name = file.prefix + '_' + file.id + '_';
    name += form_word(file.kind);
    if (file.kind != FileKind::init || file.number > 1) name += std::to_string(file.number);
    return name.append(file.mpegts ? kTsEnding : file.web_vtt ? kVttEnding : kMp4Ending);
}

}  // namespace tidegate::hls
