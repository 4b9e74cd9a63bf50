// The settings with which a stream is dubbed, as flags and variables.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/flags.hpp"
#include "worker/stages/dub/settings.hpp"

struct DubFlags {
    std::string service_url, languages, source_language = "en", voices = "default", bed = "off";
    std::string format{tidegate::sts::kFormatAac};
    std::string token, token_file, ca_file;
    tidegate::base::Duration delay = tidegate::worker::DubSettings{}.delay;
    tidegate::base::Duration min_fragment = tidegate::worker::DubSettings{}.min_fragment;
    tidegate::base::Duration max_fragment = tidegate::worker::DubSettings{}.max_fragment;
};

void add_dub_flags(tidegate::config::Flags& flags, DubFlags& values);

// What the flags say, which have been checked. nullopt: nothing is to be dubbed.
std::optional<tidegate::worker::DubSettings> dub_settings(DubFlags const& values);
