#include "orchestrator/core/dub_sounds.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace tidegate::orchestrator {

namespace {

// As the worker calls the sound that it leaves as it is.
constexpr char const* kOriginalSound = "original";

bool has_sound(PathTrack const& track) {
    return track.channels != 0;
}

void name_sound(PathTrack& track, std::string const& language) {
    track.language = language;
    track.name = language;
}

}  // namespace

std::vector<PathTrack> name_dubbed_sounds(std::vector<PathTrack> tracks,
                                          std::vector<DubReport> const& dubs) {
    std::vector<std::string> languages;
    for (auto const& dub : dubs) {
        // A dub that is refused, or that cannot be made, has no delay.
        if (dub.delay_ms.value_or(0) > 0) languages.push_back(dub.language);
    }
    auto const is_told = [](auto const& track) { return !track.language.empty(); };
    auto const first = std::ranges::find_if(tracks, has_sound);
    if (languages.empty() || first == tracks.end() || std::ranges::any_of(tracks, is_told)) {
        return tracks;
    }
    auto const more = static_cast<std::ptrdiff_t>(languages.size()) - 1;
    if (more > 0) {
        // The other dubs, and the original.
        if (tracks.end() - first <= more + 1) return tracks;
        auto const others = tracks.end() - more - 1;
        if (!std::all_of(others, tracks.end() - 1, has_sound)) return tracks;
        for (std::ptrdiff_t i = 0; i < more; ++i) {
            name_sound(others[i], languages[static_cast<std::size_t>(i) + 1]);
        }
        tracks.back().name = kOriginalSound;
    }
    name_sound(*first, languages.front());
    return tracks;
}

}  // namespace tidegate::orchestrator
