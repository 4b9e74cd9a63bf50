#include "dub_options.hpp"

#include <algorithm>
#include <chrono>
#include <expected>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/number.hpp"
#include "sts/core/service_url.hpp"

namespace {

using namespace tidegate;
using namespace std::chrono_literals;

// The delay's bounds: in less, no fragment can come back; and each second of it is memory.
constexpr base::Duration kShortestDelay = 2s;
constexpr base::Duration kLongestDelay = 60s;
// The bounds of a fragment's length: a shorter one has no sentence in it, and services take at most
// ten seconds. Between the two lengths there must be room for a pause.
constexpr base::Duration kShortestFragment = 200ms;
constexpr base::Duration kLongestFragment = 10s;
constexpr base::Duration kFragmentRange = 100ms;
// Below the loudness of the dub. Lower than this nobody hears anything.
constexpr int kQuietestBed = -60;
// Characters of a voice's name, as of an identifier.
constexpr std::size_t kMaxVoiceLength = 128;
// Bytes of a token. It becomes one header of a request.
constexpr std::size_t kMaxTokenLength = 4096;

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        auto const item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        items.emplace_back(item);
    }
    return items;
}

std::optional<std::string> check_service(std::string const& value) {
    if (value.empty()) return std::nullopt;
    auto const url = sts::parse_service_url(value);
    if (url) return std::nullopt;
    return "ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH] (" + url.error() + ")";
}

std::optional<std::string> check_languages(std::string const& value) {
    auto const languages = split_list(value);
    if (std::ranges::all_of(languages, orchestrator::is_language)) return std::nullopt;
    return "languages such as es or pt-BR, separated by commas";
}

std::optional<std::string> check_source(std::string const& value) {
    if (orchestrator::is_language(value)) return std::nullopt;
    return "a language such as en";
}

// nullopt: the text is no list of LANGUAGE=VOICE.
std::optional<std::map<std::string, std::string>> parse_voices(std::string const& text) {
    std::map<std::string, std::string> voices;
    for (auto const& item : split_list(text)) {
        auto const equals = item.find('=');
        if (equals == std::string::npos || equals + 1 == item.size()) return std::nullopt;
        if (item.size() - equals > kMaxVoiceLength) return std::nullopt;
        voices[item.substr(0, equals)] = item.substr(equals + 1);
    }
    return voices;
}

std::optional<std::string> check_voices(std::string const& value) {
    if (parse_voices(value)) return std::nullopt;
    return "LANGUAGE=VOICE, separated by commas";
}

std::optional<std::string> check_bed(std::string const& value) {
    if (value == "off") return std::nullopt;
    auto const unit = value.ends_with("dB") ? value.size() - 2 : std::string::npos;
    auto const level = base::parse_number<int>(std::string_view(value).substr(0, unit));
    if (unit != std::string::npos && level && *level >= kQuietestBed && *level <= 0) {
        return std::nullopt;
    }
    return "off, or a level from " + std::to_string(kQuietestBed) + "dB to 0dB";
}

std::expected<std::string, std::string> read_token(std::string const& file) {
    std::ifstream stream(file);
    std::string token(kMaxTokenLength + 1, '\0');
    stream.read(token.data(), static_cast<std::streamsize>(token.size()));
    token.resize(static_cast<std::size_t>(stream.gcount()));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    bool const good = !token.empty() && token.size() <= kMaxTokenLength &&
                      std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!good) return std::unexpected("a readable file with one line, the token");
    return token;
}

std::optional<std::string> check_token_file(std::string const& value) {
    if (value.empty()) return std::nullopt;
    auto const token = read_token(value);
    return token ? std::nullopt : std::optional(token.error());
}

std::optional<std::string> check_readable(std::string const& value) {
    if (value.empty() || std::ifstream(value)) return std::nullopt;
    return "a readable file";
}

// Fragments are cut at pauses of speech, within these limits.
void add_lengths(config::Flags& flags, DubOptions& options) {
    options.min_fragment = 2s;
    options.max_fragment = 6s;
    auto const shortest =
        flags
            .duration("dub-min-fragment", "DUB_MIN_FRAGMENT",
                      "fragments of speech are not shorter than this", options.min_fragment)
            .between(kShortestFragment, kLongestFragment);
    auto const longest = flags
                             .duration("dub-max-fragment", "DUB_MAX_FRAGMENT",
                                       "fragments of speech are not longer than this, and than six "
                                       "tenths of the delay",
                                       options.max_fragment)
                             .between(kShortestFragment, kLongestFragment);
    flags.together({shortest, longest}, [&options]() -> std::optional<std::string> {
        if (options.min_fragment + kFragmentRange <= options.max_fragment) return std::nullopt;
        return "--dub-min-fragment=\"" + base::format_duration(options.min_fragment) +
               "\" is not accepted: expected at least " + base::format_duration(kFragmentRange) +
               " less than --dub-max-fragment";
    });
}

std::optional<std::string> check_together(DubOptions const& options) {
    auto const languages = split_list(options.languages);
    if (!languages.empty() && options.service_url.empty()) {
        return "--dub-languages=\"" + options.languages +
               "\" is not accepted: expected --sts-url with it";
    }
    auto const voices = parse_voices(options.voices).value();
    for (auto const& [language, voice] : voices) {
        if (std::ranges::find(languages, language) == languages.end()) {
            return "--dub-voices is not accepted: expected languages of --dub-languages, not \"" +
                   language + "\"";
        }
    }
    return std::nullopt;
}

}  // namespace

void add_dubbing(config::Flags& flags, DubOptions& options) {
    auto const service = flags
                             .text("sts-url", "STS_URL",
                                   "the speech service that dubs; by default, nothing is dubbed",
                                   options.service_url)
                             .accepts("ws://HOST[:PORT] or wss://HOST[:PORT]")
                             .hidden()
                             .check(check_service);
    auto const languages =
        flags
            .text("dub-languages", "DUB_LANGUAGES",
                  "the languages that publishers may choose (?lang=es), separated by commas",
                  options.languages)
            .accepts("LANGUAGE,...")
            .check(check_languages);
    flags
        .text("dub-source-language", "DUB_SOURCE_LANGUAGE", "the language that publishers speak",
              options.source_language)
        .accepts("LANGUAGE")
        .check(check_source);
    auto const voices =
        flags
            .text("dub-voices", "DUB_VOICES",
                  "the voice for each language, as the service calls it", options.voices)
            .accepts("LANGUAGE=VOICE,...")
            .check(check_voices);
    flags.together({service, languages, voices}, [&options] { return check_together(options); });
    options.delay = 10s;
    flags
        .duration(
            "dub-delay", "DUB_DELAY",
            "by how much the dubbed output is later than the input; within this time an answer "
            "of the service must come",
            options.delay)
        .between(kShortestDelay, kLongestDelay);
    flags
        .text("dub-bed", "DUB_BED", "how loud the original stays below the dub, such as -18dB",
              options.bed)
        .accepts("off|LEVEL")
        .check(check_bed);
    flags
        .text("dub-format", "DUB_FORMAT", "what is sent to the service: AAC (m4a) or samples",
              options.format)
        .one_of({"m4a", "pcm_s16le"});
    add_lengths(flags, options);
    flags
        .text("sts-ca-file", "STS_CA_FILE",
              "certificates (PEM) that the service's may be signed with, besides the system's",
              options.ca_file)
        .check(check_readable);
    flags
        .text("sts-token-file", "STS_TOKEN_FILE",
              "a file with the token of the speech service; it is read when media-service starts",
              options.token_file)
        .check(check_token_file);
    flags.secret("STS_TOKEN",
                 "the token of the speech service; workers get it in their environment",
                 options.token);
}

orchestrator::DubSettings dub_settings(DubOptions const& options) {
    orchestrator::DubSettings settings;
    settings.service_url = options.service_url;
    settings.languages = split_list(options.languages);
    settings.source_language = options.source_language;
    settings.voices = parse_voices(options.voices).value();
    settings.delay = base::format_duration(options.delay);
    settings.bed = options.bed;
    settings.format = options.format;
    settings.min_fragment = base::format_duration(options.min_fragment);
    settings.max_fragment = base::format_duration(options.max_fragment);
    settings.ca_file = options.ca_file;
    settings.token = options.token;
    if (!options.token_file.empty()) {
        settings.token = read_token(options.token_file).value_or(options.token);
    }
    return settings;
}
