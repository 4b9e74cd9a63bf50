// What the Control API, the metrics and playback may ask about paths. Any thread; nobody who
// publishes or attaches waits longer than for the copies of a few entries.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/model/path_info.hpp"
#include "router/paths/path_match.hpp"

namespace tidegate::router {

class PathsView {
public:
    virtual ~PathsView() = default;

    // By name. A path that is there all the time is in the list, one that comes or goes meanwhile
    // may be.
    virtual std::vector<PathInfo> snapshot() const = 0;
    // The same, one after the other.
    virtual void each(std::function<void(PathInfo&&)> const& visit) const = 0;
    virtual std::optional<PathInfo> snapshot(std::string_view name) const = 0;

    // Which entry of the configuration a name belongs to; the error is MediaMTX's sentence. The
    // expressions are compiled when the configuration changes.
    virtual std::expected<PathMatch, std::string> find(std::string_view name) const = 0;
};

}  // namespace tidegate::router
