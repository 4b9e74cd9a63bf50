// Remembers the stretches of files that have been read, because a player asks for the same files
// again and again. A file that has grown is read on. Blocks; any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "recording/stretches.hpp"

namespace tidegate::recording {

// What is remembered at most, about 20 MB: the files of a day in segments of 10 s, and the
// stretches of 25 days.
inline constexpr std::size_t kMaxRememberedFiles = 10'000;
inline constexpr std::size_t kMaxRememberedStretches = 500'000;

class StretchCache {
public:
    struct Found {
        std::shared_ptr<Stretches const> stretches;
        FileState file;
    };
    // The error is a sentence about a file that cannot be read.
    std::expected<Found, std::string> get(std::filesystem::path const& path);

private:
    struct Entry {
        Found found;
        std::list<std::string>::iterator used;
    };

    std::shared_ptr<Stretches const> remembered(std::string const& path, FileState const& file);
    void remember(std::string const& path, Found const& found);
    void forget(std::map<std::string, Entry>::iterator entry);

    std::mutex mutex_;
    std::map<std::string, Entry> entries_;
    std::list<std::string> used_;  // the latest first
    std::size_t stretches_ = 0;    // of all entries
};

}  // namespace tidegate::recording
