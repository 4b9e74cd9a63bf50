// Gives a recorded file the index that the recorder would have written, for tests and measurements
// whose files are made by other programs.
//   recording-tool FILE
#include <cstdio>
#include <fstream>
#include <vector>

#include "recording/index_maker.hpp"
#include "recording/segment_reader.hpp"

namespace {

using namespace tidegate;

base::SharedBytes read(recording::RecordedFile const& file, std::uint64_t from, std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    if (!file.read(from, bytes)) return {};
    return base::SharedBytes::copy_of(bytes);
}

std::optional<base::SharedBytes> index_of(recording::SegmentReader& reader) {
    if (reader.index() != nullptr) return base::SharedBytes{};
    recording::IndexMaker maker;
    std::uint64_t at = 0;
    for (auto const& part : reader.parts()) {
        mp4::Slices written;
        if (at == 0) written.add(read(*reader.file(), 0, static_cast<std::size_t>(part.offset)));
        written.add(read(*reader.file(), part.offset, part.header_size));
        written.size = part.end - at;
        maker.add(at, written);
        at = part.end;
    }
    return std::move(maker).finish();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    auto reader = recording::SegmentReader::open(argv[1]);
    auto const index = reader ? index_of(*reader) : std::nullopt;
    if (!index) {
        std::fprintf(stderr, "recording-tool: %s cannot have an index\n", argv[1]);
        return 1;
    }
    std::ofstream(argv[1], std::ios::binary | std::ios::app) << base::as_text(index->view());
    return 0;
}
