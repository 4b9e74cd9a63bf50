// Sample entries tell which codec a track has, and what its decoder must know (ISO/IEC 14496-12
// §8.5.2).
//   H.264  avc1, avcC   ISO/IEC 14496-15 §5.4.2
//   H.265  hvc1, hvcC   ISO/IEC 14496-15 §8.4.1
//   AAC    mp4a, esds   ISO/IEC 14496-14 §5.6
//   MP3    mp4a, esds   the same with another object type
//   Opus   Opus, dOps   Encapsulation of Opus in ISO Base Media File Format §4.3
//   AV1    av01, av1C   AV1 Codec ISO Media File Format Binding §2.2
//   VP9    vp09, vpcC   VP Codec ISO Media File Format Binding
//   AC-3   ac-3, dac3   ETSI TS 102 366 annex F.2, F.3
//   E-AC-3 ec-3, dec3   ETSI TS 102 366 annex F.5, F.6
//   FLAC   fLaC, dfLa   Encapsulation of FLAC in ISO Base Media File Format §3.3
// G.711 has none that players of MP4 know.
// A further codec needs a row in the table of sample_entry.cpp and one in that of
// sample_entry_reader.cpp, each with its function. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>

#include "media/error.hpp"
#include "media/track.hpp"
#include "mp4/box.hpp"
#include "mp4/box_writer.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::mp4 {

// Whether a sample entry can be written for the codec.
bool has_sample_entry(media::Codec codec);

// REQUIRES: check_writable(setup.track).
void write_sample_entry(BoxWriter& out, TrackSetup const& setup);

struct SampleEntry {
    media::Track track;
    std::uint8_t length_size = 4;  // H.264, H.265: bytes of the length in front of a NAL unit
};

// box: one entry of stsd. An error when we do not carry the codec, or when the entry cannot be
// read.
std::expected<SampleEntry, media::Error> read_sample_entry(Box const& box);

}  // namespace tidegate::mp4
