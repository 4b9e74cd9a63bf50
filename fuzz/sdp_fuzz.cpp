// Whatever is read must be writable and readable again with the same tracks.
#include <cstdlib>

#include "rtsp/core/sdp.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    auto const description = rtsp::parse_sdp(base::as_text({data, size}));
    if (!description) return 0;
    auto const tracks = description->tracks();
    if (tracks.empty()) return 0;
    auto const again = rtsp::parse_sdp(rtsp::write_sdp(tracks, description->title));
    if (!again || again->tracks().size() != tracks.size()) std::abort();
    return 0;
}
