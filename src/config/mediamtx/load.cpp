// Finding and reading the file.
#include <algorithm>
#include <filesystem>

#include "base/read_file.hpp"
#include "config/mediamtx/conf.hpp"

namespace tidegate::config::mediamtx {
namespace {

namespace fs = std::filesystem;

// In the current folder, then in the system's; only the first are named when no file is found.
constexpr std::string_view kLocalPlaces[] = {"rtsp-simple-server.yml", "mediamtx.yml"};
constexpr std::string_view kSystemPlaces[] = {
    "/usr/local/etc/mediamtx.yml", "/usr/etc/mediamtx.yml", "/etc/mediamtx/mediamtx.yml"};

bool has_variable(Environment const& environment, std::string_view name) {
    return std::ranges::any_of(environment, [&](std::string const& entry) {
        return entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
    });
}

}  // namespace

std::expected<Loaded, std::string> load(std::string const& explicit_file,
                                        Environment const& environment) {
    for (auto const* name : {"MTX_CONFKEY", "RTSP_CONFKEY"}) {
        if (has_variable(environment, name)) {
            return std::unexpected(std::string(name) +
                                   ": encrypted configuration files are not supported by this "
                                   "router");
        }
    }
    Loaded loaded;
    std::error_code error;
    auto chosen = explicit_file;
    for (auto const place : kLocalPlaces) {
        loaded.candidates.push_back(fs::absolute(place, error).string());
        if (chosen.empty() && fs::exists(place, error)) chosen = place;
    }
    for (auto const place : kSystemPlaces) {
        if (chosen.empty() && fs::exists(place, error)) chosen = place;
    }
    std::string text;
    if (!chosen.empty()) {
        auto read = base::read_file(chosen, kMaxFileBytes);
        if (!read) return std::unexpected(read.error());
        text = std::move(*read);
        loaded.file = fs::absolute(chosen, error).lexically_normal().string();
    }
    auto conf = parse(text, environment);
    if (!conf) return std::unexpected(conf.error());
    loaded.conf = std::move(*conf);
    return loaded;
}

}  // namespace tidegate::config::mediamtx
