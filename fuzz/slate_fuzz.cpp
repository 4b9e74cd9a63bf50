// A file that is to be a slate, and the pictures in it as they are held: any bytes are read without
// a fault, and each track begins with a picture, after which times rise.
#include <cstdint>

#include "checks.hpp"
#include "filler/slate.hpp"
#include "filler/still.hpp"

using namespace tidegate;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const slate = filler::parse_slate(base::SharedBytes::copy_of({data, size}));
    if (!slate) return 0;
    fuzz::require(!(slate->duration <= base::Timestamp{}));
    for (std::size_t i = 0; i < slate->tracks.size(); ++i) {
        auto const& lane = slate->units[i];
        fuzz::require(!(lane.empty() || !lane.front().keyframe));
        for (std::size_t k = 1; k < lane.size(); ++k) {
            fuzz::require(!(lane[k].dts <= lane[k - 1].dts));
        }
        filler::Still still(slate->tracks[i], lane.front().payload);
        fuzz::require(!(still.next().empty() != lane.front().payload.empty()));
        still.next();
    }
    return 0;
}
