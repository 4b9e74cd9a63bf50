#include "dub_flags.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number.hpp"
#include "sts/core/service_url.hpp"

using namespace tidegate;

namespace {

// Speech under a dub that is quieter than this is not heard.
constexpr int kQuietestBed = -60;
// A bearer token is far shorter; a longer file is another one.
constexpr std::size_t kMaxToken = 4096;

bool is_tag(std::string const& value) {
    return value.size() >= 2 && value.size() <= 10 && std::ranges::all_of(value, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-';
           });
}

std::vector<std::string> words_of(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        auto const word = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), word.size() + 1));
        words.emplace_back(word);
    }
    return words;
}

std::optional<std::string> check_languages(std::string const& value) {
    auto const languages = words_of(value);
    bool const good = languages.size() <= worker::kMaxDubTargets && !value.ends_with(',') &&
                      std::ranges::all_of(languages, is_tag);
    auto sorted = languages;
    std::ranges::sort(sorted);
    if (good && std::ranges::adjacent_find(sorted) == sorted.end()) return std::nullopt;
    return "at most " + std::to_string(worker::kMaxDubTargets) +
           " different tags such as es or pt-BR, separated by commas";
}

std::optional<std::string> check_language(std::string const& value) {
    if (value.empty() || is_tag(value)) return std::nullopt;
    return "a tag such as es or pt-BR";
}

std::optional<std::string> check_service(std::string const& value) {
    if (value.empty()) return std::nullopt;
    auto const url = sts::parse_service_url(value);
    if (url) return std::nullopt;
    return "ws://HOST[:PORT] or wss://HOST[:PORT] (" + url.error() + ")";
}

// "off", "-18dB", "-18"
std::optional<std::optional<int>> parse_bed(std::string_view value) {
    if (value == "off") return std::optional<int>{};
    if (value.ends_with("dB")) value.remove_suffix(2);
    auto const level = base::parse_number<int>(value);
    if (!level || *level < kQuietestBed || *level > 0) return std::nullopt;
    return std::optional<int>{*level};
}

std::optional<std::string> check_bed(std::string const& value) {
    if (parse_bed(value)) return std::nullopt;
    return "off, or a level from -60dB to 0dB";
}

std::optional<std::string> read_token(std::string const& file) {
    std::ifstream stream(file);
    std::string token(kMaxToken + 1, '\0');
    stream.read(token.data(), static_cast<std::streamsize>(token.size()));
    token.resize(static_cast<std::size_t>(stream.gcount()));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    bool const good = !token.empty() && token.size() <= kMaxToken &&
                      std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
    return good ? std::optional(token) : std::nullopt;
}

std::optional<std::string> check_token_file(std::string const& value) {
    if (value.empty() || read_token(value)) return std::nullopt;
    return "a readable file with one line, the token";
}

std::chrono::milliseconds in_ms(base::Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

void add_lengths(config::Flags& flags, DubFlags& values) {
    flags
        .duration("dub-delay", "DUB_DELAY",
                  "by how much the output is later than the input; within this time an answer of "
                  "the service must come",
                  values.delay)
        .between(worker::kMinDubDelay, worker::kMaxDubDelay);
    auto const shortest = flags
                              .duration("dub-min-fragment", "DUB_MIN_FRAGMENT",
                                        "fragments are not shorter than this; with a short delay "
                                        "they are at most three tenths of it",
                                        values.min_fragment)
                              .between(worker::kMinFragment, worker::kMaxFragment);
    auto const longest = flags
                             .duration("dub-max-fragment", "DUB_MAX_FRAGMENT",
                                       "fragments are not longer than this, and than six tenths of "
                                       "the delay",
                                       values.max_fragment)
                             .between(worker::kMinFragment, worker::kMaxFragment);
    flags.together({shortest, longest}, [&values]() -> std::optional<std::string> {
        if (values.min_fragment + std::chrono::milliseconds(100) <= values.max_fragment) {
            return std::nullopt;
        }
        return "--dub-min-fragment is not accepted: expected at least 100ms less than "
               "--dub-max-fragment";
    });
}

void add_credentials(config::Flags& flags, DubFlags& values) {
    flags.secret("STS_TOKEN", "the token of the speech service", values.token);
    flags
        .text("sts-token-file", "STS_TOKEN_FILE",
              "a file with the token of the speech service, instead of STS_TOKEN",
              values.token_file)
        .check(check_token_file);
    flags.text("sts-ca-file", "STS_CA_FILE",
               "certificates (PEM) that the speech service's may be signed with, besides the "
               "system's",
               values.ca_file);
}

}  // namespace

void add_dub_flags(config::Flags& flags, DubFlags& values) {
    auto const url = flags
                         .text("sts-url", "STS_URL", "the speech service that dubs the stream",
                               values.service_url)
                         .accepts("ws://HOST[:PORT] or wss://HOST[:PORT]")
                         .hidden()
                         .check(check_service);
    auto const language =
        flags
            .text(
                "dub-language", "DUB_LANGUAGE",
                "the languages into which it is dubbed, separated by commas; by default, it is not "
                "dubbed",
                values.languages)
            .check(check_languages);
    flags.together({url, language}, [&values]() -> std::optional<std::string> {
        if (values.languages.empty() || !values.service_url.empty()) return std::nullopt;
        return "--dub-language=\"" + values.languages +
               "\" is not accepted: expected --sts-url with it";
    });
    flags
        .text("dub-source-language", "DUB_SOURCE_LANGUAGE", "the language that is spoken",
              values.source_language)
        .required()
        .check(check_language);
    flags
        .text("dub-voice", "DUB_VOICE",
              "the voice of each language, as the service calls it, in their order; a language "
              "without one gets the voice \"default\"",
              values.voices)
        .required();
    flags
        .text("dub-bed", "DUB_BED",
              "how loud the original stays below the dub, such as -18dB; by default, it is not "
              "heard",
              values.bed)
        .accepts("off|LEVEL")
        .check(check_bed);
    flags
        .text("dub-format", "DUB_FORMAT",
              "what is sent: AAC (m4a, as the protocol calls it) or samples", values.format)
        .one_of({std::string(sts::kFormatAac), std::string(sts::kFormatPcm)});
    add_lengths(flags, values);
    add_credentials(flags, values);
}

std::optional<worker::DubSettings> dub_settings(DubFlags const& values) {
    if (values.languages.empty()) return std::nullopt;
    worker::DubSettings settings;
    settings.service = *sts::parse_service_url(values.service_url);
    settings.token = values.token;
    if (!values.token_file.empty()) settings.token = read_token(values.token_file).value_or("");
    settings.ca_file = values.ca_file;
    auto const voices = words_of(values.voices);
    for (auto& language : words_of(values.languages)) {
        worker::DubTarget target{std::move(language)};
        auto const index = settings.targets.size();
        if (index < voices.size() && !voices[index].empty()) target.voice = voices[index];
        settings.targets.push_back(std::move(target));
    }
    settings.source_language = values.source_language;
    settings.delay = in_ms(values.delay);
    if (auto const bed = *parse_bed(values.bed)) settings.bed_db = *bed;
    settings.format = values.format;
    settings.min_fragment = in_ms(values.min_fragment);
    settings.max_fragment = in_ms(values.max_fragment);
    return settings;
}
