// Removes recordings that are older than they may be, and the folders that are empty then. It
// removes only files that a PathTemplate recognises. It follows no symbolic link, so it never
// leaves the folder that it was given. Blocks for as long as the disk does. Any thread, one at a
// time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

#include "recording/path_template.hpp"

namespace tidegate::recording {

struct CleaningRules {
    PathTemplate names;
    // How long the recordings of a path are kept; nullopt: for ever.
    std::function<std::optional<std::chrono::nanoseconds>(std::string_view path_name)> keep;
    // Whether the file is still being written, however old it is. May be empty.
    std::function<bool(std::filesystem::path const&)> in_use = {};
    // Asked before each file; true: leave off. May be empty.
    std::function<bool()> stop = {};
    // Told before a file is removed. May be empty.
    std::function<void(std::filesystem::path const&)> removing = {};
};

// now: the present time. A file counts from the time in its name.
void clean(CleaningRules const& rules, FileTime now);

}  // namespace tidegate::recording
