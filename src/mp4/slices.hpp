// Bytes that go out one behind the other: headers made here, and media that is only pointed at. A
// value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/shared_bytes.hpp"

namespace tidegate::mp4 {

struct Slices {
    std::vector<base::SharedBytes> parts;
    std::uint64_t size = 0;  // of all parts together

    void add(base::SharedBytes part) {
        size += part.size();
        parts.push_back(std::move(part));
    }
};

// All of it in one piece: one copy. For small ones that many readers get.
base::SharedBytes joined(Slices const& slices);

}  // namespace tidegate::mp4
