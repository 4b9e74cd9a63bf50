// A whole MP4 file, read box by box as from a disk. What was read is described anew and read again.
#include <cstdint>
#include <limits>

#include "checks.hpp"
#include "mp4/file_reader.hpp"
#include "mp4/init_segment.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

// The limits are higher; this many samples take a millisecond.
constexpr int kSamples = 20'000;

void check(mp4::Sample const& sample) {
    require(sample.offset <= std::numeric_limits<std::uint64_t>::max() - sample.size);
}

void read_tables(mp4::Movie const& movie) {
    for (auto const& track : movie.tracks) {
        require(track.samples.count <= mp4::kMaxTableSamples && track.timescale > 0);
        mp4::SampleReader samples(track.samples, track.shift);
        std::int64_t due = track.shift;
        for (int i = 0; i < kSamples; ++i) {
            auto const sample = samples.next();
            if (!sample) break;
            check(*sample);
            require(sample->dts == due);
            due += sample->duration;
        }
    }
}

void read_fragment(mp4::FileReader& file) {
    auto samples = file.fragment();
    for (int i = 0; i < kSamples; ++i) {
        auto const one = samples.next();
        if (!one) return;
        require(one->track < file.movie()->tracks.size());
        check(one->sample);
    }
}

struct Read {
    std::optional<mp4::Movie> movie;
    std::uint64_t asked = 0;
};

Read read(base::ByteView bytes) {
    Read result;
    mp4::FileReader file(bytes.size());
    while (auto const range = file.wanted()) {
        require(range->offset <= bytes.size() && range->size <= bytes.size() - range->offset);
        result.asked += range->size;
        auto const part = bytes.subspan(static_cast<std::size_t>(range->offset), range->size);
        // A copy of exactly that size, so that the address sanitizer sees a read beyond it.
        auto const found = file.feed(base::Bytes(part.begin(), part.end()));
        if (!found) {
            require(!found.error().message.empty() && !file.wanted());
        } else if (*found == mp4::FileReader::Found::movie) {
            result.movie = *file.movie();
            read_tables(*result.movie);
        } else if (*found == mp4::FileReader::Found::fragment) {
            read_fragment(file);
        }
    }
    return result;
}

void rewrite(mp4::Movie const& movie) {
    for (auto const& track : movie.tracks) {
        mp4::TrackSetup const setup{.id = track.id == 0 ? 1 : track.id, .track = track.track};
        auto const written = mp4::write_init_segment({&setup, 1});
        require(written.has_value() == mp4::check_writable(track.track).has_value());
        if (!written) continue;
        auto const again = read(written->view());
        require(again.movie && again.movie->tracks.size() == 1);
        auto const& copy = again.movie->tracks.front();
        require(copy.track == track.track && copy.id == setup.id && copy.length_size == 4);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const result = read({data, size});
    // At most 16 bytes for the header of a box, which has 8 or more, and no payload twice.
    require(result.asked <= size * 3);
    if (result.movie) rewrite(*result.movie);
    return 0;
}
