// The name of a file of a recording, as a stranger asks for it. One that is recognised is exactly
// what we write ourselves, and nothing in it can lead to another folder.
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "checks.hpp"
#include "hls/core/dvr_names.hpp"
#include "media/track.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    auto const text = base::as_text({data, size});
    auto const name = hls::parse_dvr_name(text);
    if (!name) return 0;
    fuzz::require(hls::dvr_name(*name) == text);
    fuzz::require(text.find_first_of("/\\%?#\"\r\n\0") == std::string_view::npos);
    fuzz::require(name->file >= 0 && name->origin >= 0 && name->number < 1'000'000);
    fuzz::require(name->tracks.video || name->tracks.audio > 0);
    fuzz::require(name->tracks.audio <= media::kMaxTracks);
    return 0;
}
