// Under which number a parameter set is referred to. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "media/codec.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

// How many ids there are (ITU-T H.264 §7.4.2.1.1, §7.4.2.2; ITU-T H.265 §7.4.3.1 to §7.4.3.3).
inline constexpr unsigned kH264SpsIds = 32;
inline constexpr unsigned kH264PpsIds = 256;
inline constexpr unsigned kH265VpsIds = 16;
inline constexpr unsigned kH265SpsIds = 16;
inline constexpr unsigned kH265PpsIds = 64;

// nalu: with its header and emulation prevention bytes. Nothing when it is no parameter set, is cut
// off before its id, or names an id that its codec does not have.
std::optional<std::uint8_t> parameter_set_id(Codec codec, base::ByteView nalu);

}  // namespace tidegate::media
