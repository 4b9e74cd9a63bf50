// Makes boxes of hex, and reads whole files from memory. Tests only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "media/test_samples.hpp"
#include "mp4/file_reader.hpp"

namespace tidegate::mp4::test {

using media::test::hex;
using media::test::joined_bytes;
using media::test::to_hex;

inline base::Bytes u32(std::uint32_t value) {
    base::Bytes out;
    base::ByteWriter(out).u32(value);
    return out;
}

// A box around its parts.
inline base::Bytes box(std::string_view type, std::initializer_list<base::Bytes> parts) {
    auto const body = joined_bytes(parts);
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.u32(body.size() + kBoxHeaderSize);
    writer.text(type);
    writer.bytes(body);
    return out;
}

inline base::Bytes full_box(std::string_view type, std::uint32_t version_and_flags,
                            std::initializer_list<base::Bytes> parts) {
    return box(type, {u32(version_and_flags), joined_bytes(parts)});
}

inline base::SharedBytes shared(base::Bytes const& bytes) {
    return base::SharedBytes::copy_of(bytes);
}

struct ReadFile {
    std::optional<Movie> movie;
    std::vector<TrackSample> samples;
    std::string error;
    bool broken_fragment = false;
};

// Reads all of a file. Each range is a copy of its own, so that the sanitizer sees a read behind
// it.
inline ReadFile read_file(base::ByteView bytes) {
    ReadFile result;
    FileReader file(bytes.size());
    while (auto const range = file.wanted()) {
        auto const part = bytes.subspan(static_cast<std::size_t>(range->offset), range->size);
        auto const found = file.feed(base::Bytes(part.begin(), part.end()));
        if (!found) {
            result.error = found.error().message;
        } else if (*found == FileReader::Found::movie) {
            result.movie = *file.movie();
            for (std::size_t i = 0; i < result.movie->tracks.size(); ++i) {
                auto const& track = result.movie->tracks[i];
                SampleReader samples(track.samples, track.shift);
                while (auto const sample = samples.next()) result.samples.push_back({i, *sample});
            }
        } else if (*found == FileReader::Found::fragment) {
            auto fragment = file.fragment();
            while (auto const sample = fragment.next()) result.samples.push_back(*sample);
            result.broken_fragment = result.broken_fragment || fragment.failed();
        }
    }
    return result;
}

}  // namespace tidegate::mp4::test
