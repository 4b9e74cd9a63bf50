// A publisher's access unit of H.264 or H.265 in the form in which units travel here (avcc.hpp).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/shared_bytes.hpp"
#include "media/avcc.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

struct AccessUnit {
    base::SharedBytes payload;
    AvccSummary summary;
};

// length_size: of the lengths before the NAL units, as the configuration record says, 1 to 4. Some
// encoders write start codes (annex B) or lengths of 4 bytes whatever their record says: what
// cannot be read as announced is tried so. A payload that needs no change is not copied.
std::expected<AccessUnit, Error> read_access_unit(Codec codec, base::SharedBytes payload,
                                                  unsigned length_size);

// Parameter sets that a payload brings along join the track's. Returns whether anything is new.
bool learn_parameter_sets(Track& track, base::ByteView payload);

// What a sequence header in the middle of a stream makes of a track: its sets take the place of the
// earlier ones if none is missing, else they join them. Returns whether anything is new. REQUIRES:
// the same codec.
bool adopt_configuration(Track& track, Track const& header);

}  // namespace tidegate::media
