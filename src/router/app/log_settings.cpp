#include "router/app/log_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tidegate::router {

namespace {

log::Level level_of(config::mediamtx::LogLevel level) {
    switch (level) {
        case config::mediamtx::LogLevel::error:
            return log::Level::error;
        case config::mediamtx::LogLevel::warn:
            return log::Level::warn;
        case config::mediamtx::LogLevel::info:
            return log::Level::info;
        case config::mediamtx::LogLevel::debug:
            return log::Level::debug;
    }
    return log::Level::info;
}

}  // namespace

log::Settings log_settings_of(config::mediamtx::Global const& global) {
    return {
        .level = level_of(global.log_level),
        .format = global.log_structured ? log::Format::mediamtx_structured : log::Format::mediamtx,
        .component = "media-router",
        .to_stdout = global.log_to_stdout,
        .file = global.log_file};
}

void log_deprecated(config::mediamtx::Conf const& conf) {
    for (auto const& warning : conf.warnings) {
        log::write(log::Level::warn, "config.deprecated", warning);
    }
}

void log_no_effect(config::mediamtx::Conf const& conf) {
    if (conf.no_effect.empty()) return;
    log::write(log::Level::warn, "config.no_effect",
               fmt::format("these settings have no effect in this router: {}",
                           fmt::join(conf.no_effect, ", ")));
}

}  // namespace tidegate::router
