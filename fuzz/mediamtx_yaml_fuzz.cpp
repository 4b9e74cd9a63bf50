// mediamtx.yml from text to settings; whatever was accepted can be built again from its own
// document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/mediamtx/conf.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate::config::mediamtx;
    auto const conf = parse({reinterpret_cast<char const*>(data), size}, {"MTX_API=yes"});
    if (!conf) return 0;
    if (!conf->global.api.enabled) std::abort();
    auto const again = build(conf->document);
    if (!again || again->global.values != conf->global.values) std::abort();
    for (auto const& path : conf->paths) redacted_path(*path);
    redacted_global(conf->global);
    return 0;
}
