// Turns a picture of H.264 or H.265, as a publisher sends it, into AVCC with 4-byte lengths
// (avcc.hpp), and keeps the configuration of any track up to date. Pure functions; any thread.
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

// Updates a track from what a unit's payload says of it: parameter sets of H.264 and H.265, the
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

// Updates a track from a sequence header that arrived in the middle of the stream. header: the
// track as that header describes it. Nothing changes when the track has all its parameter sets
// already. Otherwise a header with all kinds of sets replaces those of the track, and one that
// lacks a kind adds to them. For VP9, what the header does not say stays as it was; of any other
// codec a header that lacks something is ignored. Returns whether the track has changed. REQUIRES:
// the same codec.
bool adopt_configuration(Track& track, Track const& header);

}  // namespace tidegate::media
