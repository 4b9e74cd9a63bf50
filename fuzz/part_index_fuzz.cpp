// The index at the end of a file that anybody may have written: the first eight bytes say where it
// begins in the file. What is read of it describes a file of that size, and is written again as it
// was.
#include <algorithm>
#include <cstdint>

#include "checks.hpp"
#include "recording/part_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    using fuzz::require;
    base::ByteReader reader({data, size});
    auto const at = reader.u64();
    auto const box = reader.rest();
    auto const index = recording::read_index(box, at);
    if (!index) return 0;
    auto end = index->parts.front().place.offset;
    for (auto const& [place, begin] : index->parts) {
        require(place.offset == end && place.end > place.offset);
        require(place.header_size < place.end - place.offset);
        end = place.end;
    }
    require(end == at);
    for (auto const& cut : index->cuts) require(cut.offset < cut.part_end && cut.part_end <= at);
    require(std::ranges::is_sorted(index->cuts, {}, &recording::Cut::time));
    auto const written = recording::write_index(*index);
    require(std::ranges::equal(written.view(), box));
    return 0;
}
