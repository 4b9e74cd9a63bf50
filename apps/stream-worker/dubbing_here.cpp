#include "dubbing.hpp"
#include "worker/stages/dub/dub_stage.hpp"

std::expected<tidegate::worker::StageFactory, std::string> dubbing_stage(
    tidegate::worker::DubSettings const& settings, char** /*argv*/) {
    return tidegate::worker::make_dub(settings);
}
