// What an operator has set for dubbing, and what a publisher's query may choose of it: the language
// (`?lang=es`), and nothing else. The service's address never comes from a publisher. Pure; any
// thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/dub_report.hpp"
#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

// The setting of a publisher's query that names the language it wants to be dubbed into.
inline constexpr std::string_view kLanguageParam = "lang";
// Languages of one stream. A worker dubs into four: each costs an encoder, a session of the speech
// service and the memory of the sound that waits. Further ones of `?lang=es,fr,...` are refused
// visibly.
inline constexpr std::size_t kMaxDubLanguages = 4;
// Refused languages that are shown. A query has room for a hundred, which would fill a dashboard.
inline constexpr std::size_t kMaxRefusedLanguages = 8;
// How long a language's tag may be: the speech service's protocol allows ten characters
// ("zh-Hant").
inline constexpr std::size_t kMaxLanguageLength = 10;

struct DubSettings {
    std::string service_url;                    // of the speech service: "ws://127.0.0.1:8765"
    std::vector<std::string> languages;         // the targets that publishers may choose
    std::string source_language = "en";         // of what the publishers send
    std::map<std::string, std::string> voices;  // by language; others get the service's own choice
    std::string delay = "10s";                  // from the input to the output
    std::string bed = "off";                    // how loud the original stays below: "-18dB"
    std::string format = "m4a";                 // of the sound that is sent: "m4a", "pcm_s16le"
    std::string min_fragment, max_fragment;     // lengths; empty: the worker's own
    std::string ca_file;                        // certificates to trust, too; empty: none
    std::string token;                          // secret: the service's; empty: it wants none

    bool enabled() const { return !service_url.empty() && !languages.empty(); }
};

// "es", "pt-BR": letters, digits and hyphens, beginning with two letters.
bool is_language(std::string_view text);

// What a publisher has asked for.
struct DubChoice {
    std::vector<std::string> languages;  // to dub into, as the operator has written them
    std::vector<std::string> refused;    // not offered, or too many: the first of them; for people
};
DubChoice choose_dub(DubSettings const& settings, Params const& params);

// A worker's arguments for the languages; empty if it is not to dub. Values are joined to their
// flags, since a level begins with a minus.
std::vector<std::string> dub_arguments(DubSettings const& settings, Params const& params);

// The dubs of a stream as operators see them: one for each language that its publisher has asked
// for. What the worker has not reported (yet) is filled in.
std::vector<DubReport> shown_dubs(DubSettings const& settings, Params const& params,
                                  std::vector<DubReport> const& reported);

}  // namespace tidegate::orchestrator
