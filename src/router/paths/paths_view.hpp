// What the Control API, the metrics and playback may ask about paths. Any thread; nobody who
// publishes or attaches waits longer than for the copies of a few entries.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/model/path_info.hpp"
#include "router/paths/path_match.hpp"

namespace tidegate::router {

// Some of the paths, in the order of their names.
struct PathsPage {
    std::vector<PathInfo> paths;
    std::size_t total = 0;  // of all paths
};

class PathsView {
public:
    virtual ~PathsView() = default;

    // Returns the paths [first, last), and how many there are. A path that is there all the time is
    // counted, and one that comes or goes meanwhile may be counted. Paths outside the range are not
    // described, so they cost little.
    virtual PathsPage page(std::size_t first, std::size_t last) const = 0;
    // Calls visit() for each path, one after the other.
    virtual void each(std::function<void(PathFigures const&)> const& visit) const = 0;
    virtual std::optional<PathInfo> snapshot(std::string_view name) const = 0;

    // Which entry of the configuration a name belongs to; the error is MediaMTX's sentence. The
    // expressions are compiled when the configuration changes.
    virtual std::expected<PathMatch, std::string> find(std::string_view name) const = 0;
};

}  // namespace tidegate::router
