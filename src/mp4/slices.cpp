#include "mp4/slices.hpp"

namespace tidegate::mp4 {

base::SharedBytes joined(Slices const& slices) {
    if (slices.parts.size() == 1) return slices.parts.front();
    base::SharedBytesBuilder all(static_cast<std::size_t>(slices.size));
    for (auto const& part : slices.parts) all.append(part.view());
    return std::move(all).finish();
}

}  // namespace tidegate::mp4
