// Which files of recordings are on the disk. The folders are looked at anew each time, for the
// recorder, the cleaner and the operator change them. Links are not followed below the folder of
// the recordings, so that nothing outside of it is found. Blocks; any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recording/path_template.hpp"

namespace tidegate::recording {

// How many entries of folders one question looks at. 30 days in segments of 10 s of one path have
// 260,000.
inline constexpr std::size_t kMaxEntries = 1'000'000;

struct StoredSegment {
    std::filesystem::path file;
    FileTime start;
};

struct CatalogueError {
    enum class Kind { none_found, failed } kind = Kind::failed;
    std::string message;
};
// MediaMTX's sentence.
CatalogueError no_segments();

struct Window {
    std::optional<FileTime> start{};
    std::optional<FileTime> end{};
};

// The segments of a path by their start, from the one that the window begins in to the last that
// begins in the window. Never empty. REQUIRES: path_name is valid (config/path_name.hpp).
std::expected<std::vector<StoredSegment>, CatalogueError> find_segments(PathTemplate const& files,
                                                                        std::string_view path_name,
                                                                        Window const& window = {});

// The file that begins then. The name is made here, so the time may be a stranger's. The error is
// none_found if there is no such file. REQUIRES: path_name is valid.
std::expected<StoredSegment, CatalogueError> find_segment(PathTemplate const& files,
                                                          std::string_view path_name,
                                                          FileTime start);

// When the segments of all paths begin, by the names of the paths. Times are in order.
std::map<std::string, std::vector<FileTime>, std::less<>> find_all(PathTemplate const& files);

// Deletes a segment. The error is a sentence: "remove <file>: no such file or directory". REQUIRES:
// path_name is valid.
std::expected<void, std::string> delete_segment(PathTemplate const& files,
                                                std::string_view path_name, FileTime start);

}  // namespace tidegate::recording
