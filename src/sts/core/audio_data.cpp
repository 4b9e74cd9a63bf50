#include "sts/core/audio_data.hpp"

#include <utility>

#include "base/crypto/base64.hpp"

namespace tidegate::sts {

std::string encode_sound(base::ByteView sound) {
    return base::base64_encode(sound);
}

std::expected<base::Bytes, std::string> decode_sound(AudioData const& audio) {
    auto sound = base::base64_decode(audio.base64);
    if (!sound) return std::unexpected("the sound is not base 64");
    return *std::move(sound);
}

}  // namespace tidegate::sts
