#include "dub/fader.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tidegate::dub {

FadeCurve::FadeCurve(std::uint32_t sample_rate) {
    auto const length = std::max<Frames>(1, frames_of(kFade, sample_rate));
    for (Frames i = 0; i < length; ++i) {
        auto const part = (static_cast<double>(i) + 0.5) / static_cast<double>(length);
        in.push_back(static_cast<float>(std::sin(part * std::numbers::pi / 2)));
        out.push_back(static_cast<float>(std::cos(part * std::numbers::pi / 2)));
    }
}

}  // namespace tidegate::dub
