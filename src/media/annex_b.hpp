// NAL units behind start codes (ITU-T H.264 and H.265, annex B), where a protocol wants them bare.
// Views into the caller's bytes; any thread.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.hpp"

namespace tidegate::media {

// Where the next 00 00 01 begins; the end of the bytes when there is none. Emulation prevention
// keeps it out of every NAL unit, so one that is found ends the unit before it.
std::size_t find_start_code(base::ByteView bytes, std::size_t from = 0);

// Walks the NAL units in order; what lies before the first start code is one as well. Empty ones
// and the zero bytes behind one are skipped.
//   for (AnnexBReader units(bytes); auto nalu = units.next();) ...
class AnnexBReader {
public:
    explicit AnnexBReader(base::ByteView bytes) : rest_(bytes) {}

    std::optional<base::ByteView> next();

private:
    base::ByteView rest_;
};

}  // namespace tidegate::media
