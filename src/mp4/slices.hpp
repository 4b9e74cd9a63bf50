// A list of byte ranges to send or write one after the other: headers that are made here, and
// payloads that are shared and not copied. (They have nothing to do with the slices of a picture.)
// A plain value; any thread.
#pragma once

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

// All parts in one piece, which costs a copy. For small ones that many readers get.
base::SharedBytes joined(Slices const& slices);

}  // namespace tidegate::mp4
