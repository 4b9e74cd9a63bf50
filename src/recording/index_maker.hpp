// Makes the index of a file (part_index.hpp) while the recorder writes it, from the bytes that go
// into it. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/shared_bytes.hpp"
#include "mp4/movie.hpp"
#include "mp4/slices.hpp"
#include "recording/part_index.hpp"
#include "recording/stretches.hpp"

namespace tidegate::recording {

class IndexMaker {
public:
    // What is written at this byte of the file, and how: the header and the first part, or another
    // part. Nothing of it is kept.
    void add(std::uint64_t at, mp4::Slices const& written);
    // nullopt: the file gets no index, because it is not as recorders write it, or has more parts
    // than an index tells.
    std::optional<base::SharedBytes> finish() &&;

private:
    bool add_header(base::SharedBytes const& header);
    bool add_part(base::ByteView head, PartPlace place);

    bool broken_ = false;
    std::optional<mp4::Movie> movie_;
    Stretches stretches_;
    PartIndex index_;
};

}  // namespace tidegate::recording
