// The metrics about the API server of a cluster. Each replica shows its own, because a replica that
// cannot reach the server does not lead. Any thread.
#pragma once

#include <string>

#include "kubernetes/core/reach.hpp"

namespace tidegate::orchestrator {

// reach: null: this program uses no cluster, and shows that all is well.
std::string cluster_metrics(kubernetes::Reach const* reach);

}  // namespace tidegate::orchestrator
