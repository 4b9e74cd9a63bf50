// Changes the idr_pic_id of a slice of H.264 (ITU-T H.264 §7.3.3). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/parameter_sets.hpp"

namespace tidegate::filler {

// The slice with another idr_pic_id, larger than what encoders count to. form: 0 and 1 give
// different ids. nalu: a NAL unit of type 5. nullopt: its parameter sets are unknown, or it cannot
// be read.
//
// The code of the new id has exactly 8 bits more than that of the old one. So all that follows
// keeps its place within the bytes, and the coded picture, whose start CABAC aligns to a byte,
// stays as it is.
std::optional<base::Bytes> with_other_idr_pic_id(base::ByteView nalu,
                                                 media::ParameterSets const& sets, unsigned form);

}  // namespace tidegate::filler
