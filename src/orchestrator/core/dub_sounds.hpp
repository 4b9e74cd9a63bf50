// Which of the sounds of a dubbed output is in which language, for a router that does not tell it
// (MediaMTX). A worker lays the first dub in the place of the publisher's first sound; of several
// dubs, the others and the original are its last tracks. Pure; any thread.
#pragma once

#include <vector>

#include "orchestrator/core/dub_report.hpp"
#include "orchestrator/core/path_list.hpp"

namespace tidegate::orchestrator {

// The tracks of a stream's output with the languages of its dubs. Unchanged where the router tells
// languages, and where the tracks do not look as those of a worker that dubs.
std::vector<PathTrack> name_dubbed_sounds(std::vector<PathTrack> tracks,
                                          std::vector<DubReport> const& dubs);

}  // namespace tidegate::orchestrator
