// What of a path is recorded, as one range for all segments that go on without a gap. Blocks; any
// thread.
#pragma once

#include <chrono>
#include <expected>
#include <string_view>
#include <vector>

#include "recording/catalogue.hpp"

namespace tidegate::recording {

struct RecordedRange {
    FileTime start;
    std::chrono::nanoseconds duration{};
};

// In order; the first and the last are cut to the window. A segment that cannot be read, or has no
// part yet, is left out. Never empty. REQUIRES: path_name is valid.
std::expected<std::vector<RecordedRange>, CatalogueError> find_ranges(PathTemplate const& files,
                                                                      std::string_view path_name,
                                                                      Window const& window);

}  // namespace tidegate::recording
