// Turns what a publisher sends for one picture of H.264 or H.265 into the form in which units
// travel here (avcc.hpp), and keeps a track's parameter sets up to date. Pure functions; any
// thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/shared_bytes.hpp"
#include "media/avcc.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

struct AccessUnit {
    base::SharedBytes payload;  // AVCC with 4-byte lengths
    AvccSummary summary;
};

// Reads an access unit whose NAL units stand behind lengths of length_size bytes (1 to 4, as the
// decoder configuration record says). Some encoders write start codes instead, or 4-byte lengths
// whatever their record says. When the payload cannot be read as announced, these are tried, and
// the error is that of the announced form if they fail as well. A payload that is in our form
// already is not copied.
std::expected<AccessUnit, Error> read_access_unit(Codec codec, base::SharedBytes payload,
                                                  unsigned length_size);

// Adds the parameter sets of an AVCC payload to the track's. Returns whether any is new or has
// changed.
bool learn_parameter_sets(Track& track, base::ByteView payload);

// Applies a sequence header that arrived in the middle of a stream to a track. When no parameter
// set is missing from the header, its sets replace the track's; otherwise they are added. Returns
// whether the track has changed. REQUIRES: the same codec.
bool adopt_configuration(Track& track, Track const& header);

}  // namespace tidegate::media
