// The index at the end of a recorded file: where its parts are, when each begins, and where its
// stretches begin (stretches.hpp). Without it, a reader has to visit every part of the file. The
// recorder writes it when it finishes the file, so a file that is being recorded, that a crash has
// cut off, or that another program has written has none. It is a box `uuid` (ISO/IEC 14496-12
// §11.1), which players skip:
//   size, "uuid", kIndexName, version and flags (0)
//   u64 where the first part begins, i64 where the last stretch ends
//   u32 parts, u32 stretches
//   for each part: u32 bytes of its moof box, u32 bytes of all of it, i64 when it begins
//   for each stretch: u32 the number of the part that has its first sample, i64 when it begins
//   kIndexName, u32 size: so that it is found from the end of the file
// Numbers are big-endian, times are nanoseconds from the start of the file. Plain values; any
// thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "recording/part_samples.hpp"

namespace tidegate::recording {

// How many parts an index tells: a day of parts of a second. It takes 1.6 MB of the file, and twice
// as much memory while the file is recorded. A file with more parts has no index.
inline constexpr std::size_t kMaxIndexParts = 100'000;
// How many stretches: a file lasts a day at the longest.
inline constexpr std::size_t kMaxStretches = 30'000;

inline constexpr std::array<std::uint8_t, 16> kIndexName{
    0x6b, 0x1f, 0x0c, 0x52, 0x9e, 0xd4, 0x4f, 0x0a, 0xb7, 0x3d, 0x25, 0x81, 0xc6, 0xe9, 0x70, 0x14};
// The name and the size at its end.
inline constexpr std::size_t kIndexEnd = kIndexName.size() + 4;

// Where a stretch begins.
struct Cut {
    std::uint64_t offset = 0;         // of the part that has its first sample
    std::uint64_t part_end = 0;       // of this part
    std::chrono::nanoseconds time{};  // from the start of the file. In this part, what is decoded
                                      // before belongs to the stretch before.
    bool operator==(Cut const&) const = default;
};

struct PartIndex {
    struct Part {
        PartPlace place;
        std::chrono::nanoseconds begin{};  // the first decode time of all its tracks
        bool operator==(Part const&) const = default;
    };
    std::vector<Part> parts;  // each begins where the one before ends
    std::vector<Cut> cuts;
    std::chrono::nanoseconds end{};  // of the last stretch
    bool operator==(PartIndex const&) const = default;
};

// REQUIRES: there are no more parts and stretches than can be read, and at least one of each; a
// part is smaller than 4 GiB.
base::SharedBytes write_index(PartIndex const& index);

// How many bytes the index has that ends with these. 0: it is none.
std::size_t index_size(base::ByteView last);
// box: all of it. at: where it begins in the file, which is where the last part ends. nullopt: it
// is none, or it does not fit the file.
std::optional<PartIndex> read_index(base::ByteView box, std::uint64_t at);

}  // namespace tidegate::recording
