// AC-3 and E-AC-3: the headers of their frames (ETSI TS 102 366 §4.3, §E.1.2), and the contents of
// the boxes dac3 and dec3 (annex F), which say what a decoder must know. Pure functions; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Samples of one channel in a frame of AC-3.
inline constexpr std::uint32_t kAc3Samples = 1536;

template <class Config>
struct DolbyFrame {
    Config config;
    std::size_t size = 0;       // bytes of the whole frame, its header included
    std::uint32_t samples = 0;  // of one channel
    // E-AC-3: a substream that extends the one before it; it does not begin a unit.
    bool dependent = false;
};
using Ac3Frame = DolbyFrame<Ac3Config>;
using Eac3Frame = DolbyFrame<Eac3Config>;

// Read the header of a frame; the rest of it need not be there.
std::expected<Ac3Frame, Error> parse_ac3_frame(base::ByteView bytes);
std::expected<Eac3Frame, Error> parse_eac3_frame(base::ByteView bytes);

// Read the content of a box.
std::expected<Ac3Config, Error> parse_dac3(base::ByteView content);
std::expected<Eac3Config, Error> parse_dec3(base::ByteView content);

}  // namespace tidegate::media
