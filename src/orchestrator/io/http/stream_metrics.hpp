// The metrics of each stream, for dashboards and alerts that name the stream. There is one series
// of each name for each stream that media-service knows, and none for one that it has forgotten.
// Ids have 128 characters at most. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/view.hpp"

namespace tidegate::orchestrator {

// The text, to be put behind that of ServiceMetrics.
std::string stream_metrics(std::vector<StreamView> const& views);

}  // namespace tidegate::orchestrator
