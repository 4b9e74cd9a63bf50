// Turns what a publisher sends for one picture of H.264 or H.265 into the form in which units
// travel here (avcc.hpp), and keeps the configuration of any track up to date. Pure functions; any
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

// Reads an access unit in which each NAL unit follows its length. A length has length_size bytes: 1
// to 4, as the decoder configuration record says. Some encoders write start codes instead, or
// 4-byte lengths whatever their record says. Both are tried when the payload cannot be read as
// announced; if they fail as well, the error is that of the announced form. A payload that has
// 4-byte lengths already is not copied.
std::expected<AccessUnit, Error> read_access_unit(Codec codec, base::SharedBytes payload,
                                                  unsigned length_size);

// Takes over what a unit's payload says of its track: parameter sets of H.264 and H.265, the
// sequence header of AV1, the key frame's header of VP9, the frame's header of AC-3 and E-AC-3.
// Returns whether any of it is new or has changed.
bool learn_configuration(Track& track, base::ByteView payload);

// Whether a codec needs no sequence header, because each of its frames tells all: MP3, AC-3,
// E-AC-3, G.711.
constexpr bool explains_itself(Codec codec) {
    return codec == Codec::mp3 || codec == Codec::ac3 || codec == Codec::eac3 ||
           codec == Codec::pcma || codec == Codec::pcmu;
}

// Whether readers who know the description of `before` can play sound of `after`: they learn from
// the first frame of AC-3 and E-AC-3 what the description does not say.
bool is_described_alike(Track const& before, Track const& after);

// Applies a sequence header that arrived in the middle of a stream to a track. When no parameter
// set is missing from the header, its sets replace the track's; otherwise they are added. What
// another header does not say stays. Returns whether the track has changed. REQUIRES: the same
// codec.
bool adopt_configuration(Track& track, Track const& header);

}  // namespace tidegate::media
