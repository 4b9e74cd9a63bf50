#include "orchestrator/core/dub_settings.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::orchestrator {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

bool equal_languages(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

std::string joined(std::vector<std::string> const& words, std::string_view between) {
    std::string text;
    for (auto const& word : words) {
        if (!text.empty()) text += between;
        text += word;
    }
    return text;
}

// The voices of the languages, in their order: "anna,default". Empty: all have the service's own.
std::string voices_of(DubSettings const& settings, std::vector<std::string> const& languages) {
    std::vector<std::string> voices;
    bool any = false;
    for (auto const& language : languages) {
        auto const voice = settings.voices.find(language);
        any = any || voice != settings.voices.end();
        voices.push_back(voice != settings.voices.end() ? voice->second : "default");
    }
    return any ? joined(voices, ",") : std::string();
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// The languages of "es,fr" or "es, fr", each once.
std::vector<std::string_view> asked_for(Params const& params) {
    std::vector<std::string_view> languages;
    auto const found = params.find(std::string(kLanguageParam));
    if (found == params.end()) return languages;
    std::string_view rest = found->second;
    while (!rest.empty()) {
        auto const word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        auto const language = trimmed(word);
        auto const is_same = [&](auto other) { return equal_languages(other, language); };
        if (language.empty() || std::ranges::any_of(languages, is_same)) continue;
        languages.push_back(language);
    }
    return languages;
}

DubReport not_reported(std::string const& language, std::string reason, std::string detail) {
    DubReport report;
    report.language = language;
    report.mode = "original";
    report.reason = std::move(reason);
    report.detail = std::move(detail);
    return report;
}

}  // namespace

bool is_language(std::string_view text) {
    if (text.size() < 2 || text.size() > kMaxLanguageLength) return false;
    auto const allowed = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    return is_letter(text[0]) && is_letter(text[1]) && std::ranges::all_of(text, allowed);
}

DubChoice choose_dub(DubSettings const& settings, Params const& params) {
    DubChoice choice;
    if (!settings.enabled()) return choice;
    for (auto const language : asked_for(params)) {
        auto const offered = std::ranges::find_if(settings.languages, [&](auto const& known) {
            return equal_languages(known, language);
        });
        bool const room = choice.languages.size() < kMaxDubLanguages;
        if (offered != settings.languages.end() && room) {
            choice.languages.push_back(*offered);
        } else if (choice.refused.size() < kMaxRefusedLanguages) {
            choice.refused.emplace_back(language);
        }
    }
    return choice;
}

std::vector<std::string> dub_arguments(DubSettings const& settings, Params const& params) {
    auto const choice = choose_dub(settings, params);
    if (choice.languages.empty()) return {};
    std::vector<std::string> arguments{
        "--sts-url=" + settings.service_url, "--dub-source-language=" + settings.source_language,
        "--dub-delay=" + settings.delay, "--dub-bed=" + settings.bed};
    for (auto const& [flag, value] : {std::pair{"--dub-format=", &settings.format},
                                      std::pair{"--dub-min-fragment=", &settings.min_fragment},
                                      std::pair{"--dub-max-fragment=", &settings.max_fragment},
                                      std::pair{"--sts-ca-file=", &settings.ca_file}}) {
        if (!value->empty()) arguments.push_back(flag + *value);
    }
    arguments.push_back("--dub-language=" + joined(choice.languages, ","));
    if (auto const voices = voices_of(settings, choice.languages); !voices.empty()) {
        arguments.push_back("--dub-voice=" + voices);
    }
    return arguments;
}

std::vector<DubReport> shown_dubs(DubSettings const& settings, Params const& params,
                                  std::vector<DubReport> const& reported) {
    auto const choice = choose_dub(settings, params);
    std::vector<DubReport> shown;
    for (auto const& language : choice.languages) {
        auto const report = std::ranges::find(reported, language, &DubReport::language);
        shown.push_back(report != reported.end() ? *report
                                                 : not_reported(language, "starting", {}));
    }
    for (auto const& language : choice.refused) {
        bool const offered = std::ranges::any_of(settings.languages, [&](auto const& known) {
            return equal_languages(known, language);
        });
        shown.push_back(offered ? not_reported(language, "too-many",
                                               "a stream is dubbed into at most four languages")
                                : not_reported(language, "not-offered",
                                               "the languages offered are " +
                                                   joined(settings.languages, ", ")));
    }
    return shown;
}

}  // namespace tidegate::orchestrator
