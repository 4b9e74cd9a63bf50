#include "config/mediamtx/always_available.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/mediamtx/values.hpp"
#include "filler/offline_pictures.hpp"
#include "media/aac.hpp"

namespace tidegate::config::mediamtx {

namespace {

constexpr std::int64_t kLeastAacRate = 22'050;
constexpr std::int64_t kLeastPcmRate = 8'000;

// Of sound that has a rate.
Verdict validate_format(json::object const& track, std::int64_t least) {
    auto const codec = " for codec '" + std::string(text_of(track, "codec")) + "'";
    auto const rate = number_of(track, "sampleRate");
    if (rate == 0) return fail("sampleRate is mandatory" + codec);
    if (rate < least) {
        return fail("sampleRate must be greater than or equal to " + std::to_string(least) + codec);
    }
    if (number_of(track, "channelCount") == 0) return fail("channelCount is mandatory" + codec);
    return {};
}

Verdict validate_track(json::object const& track) {
    auto const codec = text_of(track, "codec");
    if (codec == "MPEG4Audio") {
        if (auto verdict = validate_format(track, kLeastAacRate); !verdict) return verdict;
        auto const made =
            media::make_aac_lc_config(static_cast<std::uint32_t>(number_of(track, "sampleRate")),
                                      static_cast<std::uint8_t>(number_of(track, "channelCount")));
        return made ? Verdict{} : fail(made.error().message);
    }
    if (codec == "G711" || codec == "LPCM") return validate_format(track, kLeastPcmRate);
    auto const of = " must not be specified for codec '" + std::string(codec) + "'";
    if (number_of(track, "sampleRate") != 0) return fail("sampleRate" + of);
    if (number_of(track, "channelCount") != 0) return fail("channelCount" + of);
    return {};
}

std::optional<media::Track> track_of(json::object const& values) {
    auto const codec = text_of(values, "codec");
    auto const rate = static_cast<std::uint32_t>(number_of(values, "sampleRate"));
    auto const channels = static_cast<std::uint8_t>(number_of(values, "channelCount"));
    if (codec == "H264") return media::Track{media::H264Config{}};
    if (codec == "H265") return media::Track{media::H265Config{}};
    if (codec == "AV1") return media::Track{media::Av1Config{}};
    if (codec == "VP9") return media::Track{media::Vp9Config{}};
    if (codec == "Opus") return media::Track{media::OpusConfig{}};
    if (codec == "MPEG4Audio") {
        auto const made = media::make_aac_lc_config(rate, channels);
        return made ? std::optional(media::Track{*made}) : std::nullopt;
    }
    if (codec != "G711") return std::nullopt;
    if (is_set(values, "muLaw")) return media::Track{media::PcmuConfig{rate, channels}};
    return media::Track{media::PcmaConfig{rate, channels}};
}

Verdict validate_content(json::object const& values) {
    auto const file = text_of(values, "alwaysAvailableFile");
    auto const& tracks = values.at("alwaysAvailableTracks").get_array();
    if (file.empty()) {
        if (tracks.empty()) return fail("'alwaysAvailableTracks' must contain at least one track");
        for (auto const& track : tracks) {
            if (auto verdict = validate_track(track.get_object()); !verdict) return verdict;
        }
        return {};
    }
    if (!tracks.empty()) {
        return fail("'alwaysAvailableFile' and 'alwaysAvailableTracks' cannot be used together");
    }
    auto const slate = filler::read_slate(std::string(file));
    return slate ? Verdict{} : fail("invalid 'alwaysAvailableFile': " + slate.error());
}

}  // namespace

Verdict validate_always_available(std::string_view name, json::object const& values) {
    if (!is_set(values, "alwaysAvailable")) return {};
    if (is_regex_name(name)) {
        return fail(
            "'alwaysAvailable' cannot be used in a path with a regular expression (or path "
            "'all_others')");
    }
    if (is_set(values, "sourceOnDemand")) {
        return fail("'sourceOnDemand' is not compatible with 'alwaysAvailable'");
    }
    if (!text_of(values, "runOnDemand").empty() || !text_of(values, "runOnUnDemand").empty()) {
        return fail("'runOnDemand' and 'runOnUnDemand' cannot be used with 'alwaysAvailable'");
    }
    if (auto verdict = validate_content(values); !verdict) return verdict;
    if (is_set(values, "useAbsoluteTimestamp")) {
        return fail("'useAbsoluteTimestamp' cannot be used with 'alwaysAvailable'");
    }
    return {};
}

bool has_unsupported_track(json::object const& values) {
    return std::ranges::any_of(
        values.at("alwaysAvailableTracks").get_array(),
        [](json::value const& track) { return !track_of(track.get_object()); });
}

AlwaysAvailable always_available_of(json::object const& values) {
    AlwaysAvailable always;
    if (!is_set(values, "alwaysAvailable")) return always;
    filler::Slate slate;
    if (auto const file = text_of(values, "alwaysAvailableFile"); !file.empty()) {
        auto read = filler::read_slate(std::string(file));
        if (!read) return always;  // it is gone since it was looked at
        slate = std::move(*read);
        always.tracks = slate.tracks;
    } else {
        for (auto const& one : values.at("alwaysAvailableTracks").get_array()) {
            if (auto const track = track_of(one.get_object())) always.tracks.push_back(*track);
        }
        slate = filler::offline_pictures(always.tracks);
    }
    always.slate = std::make_shared<filler::Slate const>(std::move(slate));
    always.enabled = !always.tracks.empty() && always.tracks.size() <= media::kMaxTracks;
    return always;
}

}  // namespace tidegate::config::mediamtx
