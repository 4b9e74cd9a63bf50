// The flags of media-service that are about dubbing. Used by main() only, before the event loop
// starts.
#pragma once

#include <string>

#include "config/flags.hpp"
#include "orchestrator/core/dub_settings.hpp"

// The values as they are typed.
struct DubOptions {
    std::string service_url;
    std::string token, token_file;
    std::string languages, source_language = "en", voices;
    tidegate::base::Duration delay;
    std::string bed = "off", format = "m4a", ca_file;
    tidegate::base::Duration min_fragment{}, max_fragment{};
};

// options must outlive the flags.
void add_dubbing(tidegate::config::Flags& flags, DubOptions& options);

// REQUIRES: the flags were parsed without an error.
tidegate::orchestrator::DubSettings dub_settings(DubOptions const& options);
