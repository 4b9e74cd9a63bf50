// How this program dubs: stream-worker-dub itself, stream-worker by becoming stream-worker-dub.
#pragma once

#include <expected>
#include <string>

#include "worker/stage.hpp"
#include "worker/stages/dub/settings.hpp"

// The stage that dubs. It may not return: the process goes on as the other program then, with the
// same arguments. The error is a sentence.
std::expected<tidegate::worker::StageFactory, std::string> dubbing_stage(
    tidegate::worker::DubSettings const& settings, char** argv);
