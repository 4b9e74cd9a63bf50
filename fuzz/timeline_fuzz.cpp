// Nine bytes a unit: the track, its decode time in ns or ms, what output must hold whatever comes.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/bytes.hpp"
#include "media/timeline.hpp"

using namespace tidegate;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    base::ByteReader reader({data, size});
    media::Timeline timeline;
    std::array<std::optional<base::Timestamp>, 4> last;
    while (reader.remaining() >= 10) {
        auto const choice = reader.u8();
        auto const composition = static_cast<std::int8_t>(reader.u8());
        auto const value = static_cast<std::int64_t>(reader.u64());
        auto const dts =
            (choice & 4) != 0 ? base::Timestamp(value) : media::from_milliseconds(value);
        auto const pts =
            (choice & 8) != 0 ? base::Timestamp(value) : media::from_milliseconds(composition);
        auto const track = static_cast<std::uint16_t>(choice & 3);
        auto const mapped = timeline.map(track, dts, pts);
        if (pts >= dts && mapped.pts < mapped.dts) std::abort();
        if (mapped.pts < mapped.dts - 2 * media::kMaxCompositionTime) std::abort();
        if (last[track] && mapped.dts < *last[track] + media::kMinStep) std::abort();
        last[track] = mapped.dts;
    }
    return 0;
}
