// The metrics of each stream and of each router, for dashboards and alerts that name them. There is
// one series of each name for each stream that media-service knows, up to a limit, and none for one
// that it has forgotten. Ids have 128 characters at most. Any thread, except measured_streams().
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/view.hpp"
#include "orchestrator/io/router/control_plane.hpp"

namespace tidegate::orchestrator {

// Streams that have series of their own: ten thousand series are what one scrape of one program
// should have at most, and their text takes milliseconds. If there are more streams, those in
// trouble go first.
inline constexpr std::size_t kMostMeasuredStreams = 1000;
std::vector<StreamView> measured_streams(ControlPlane const& control);

// The text, to be put behind that of ServiceMetrics. streams: that there are, measured or not.
std::string stream_metrics(std::vector<StreamView> const& views, std::size_t streams);
std::string router_metrics(std::vector<RouterStatus> const& routers, Time now);

}  // namespace tidegate::orchestrator
