// The sound of a fragment as it stands in the messages: base 64 with its form (§5.3). Plain values
// and pure functions; any thread. Encoding and decoding a megabyte takes about a millisecond, so a
// thread that must not wait leaves both to another one.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::sts {

// The formats of the protocol. m4a is AAC in ADTS frames, whatever its name says: so the reference
// service sends and expects it. pcm_s16le is interleaved.
inline constexpr std::string_view kFormatAac = "m4a";
inline constexpr std::string_view kFormatPcm = "pcm_s16le";

struct AudioData {
    std::string format{kFormatAac};
    std::uint32_t sample_rate = 0;
    std::uint32_t channels = 0;
    std::chrono::milliseconds duration{0};
    std::string base64{};

    bool operator==(AudioData const&) const = default;
};

std::string encode_sound(base::ByteView sound);
// The error is a sentence: "the sound is not base 64".
std::expected<base::Bytes, std::string> decode_sound(AudioData const& audio);

}  // namespace tidegate::sts
