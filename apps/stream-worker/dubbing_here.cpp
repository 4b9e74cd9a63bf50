#include <malloc.h>

#include "dubbing.hpp"
#include "worker/stages/dub/dub_stage.hpp"

namespace {

// The sound of a fragment and its answers are pieces of up to some megabytes, used for milliseconds
// or until their time has come. Those that are larger than this are given back as soon as they are
// freed; in the heap they would leave holes of twice their size.
constexpr int kLargestKept = 128 * 1024;

}  // namespace

std::expected<tidegate::worker::StageFactory, std::string> dubbing_stage(
    tidegate::worker::DubSettings const& settings, char** /*argv*/) {
    mallopt(M_MMAP_THRESHOLD, kLargestKept);
    return tidegate::worker::make_dub(settings);
}
