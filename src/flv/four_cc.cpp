#include "flv/four_cc.hpp"

#include <array>

#include "base/bytes.hpp"

namespace tidegate::flv {

namespace {

using media::Codec;

// Indexed by Codec.
constexpr std::array<std::string_view, 5> kNames{"avc1", "hvc1", "mp4a", "Opus", ".mp3"};

}  // namespace

std::string_view four_cc(Codec codec) {
    return kNames[static_cast<std::size_t>(codec)];
}

std::optional<Codec> codec_of(std::uint32_t number, media::Kind kind) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (base::ByteReader(base::as_bytes(kNames[i])).u32() != number) continue;
        auto const codec = static_cast<Codec>(i);
        auto const video = codec <= Codec::h265;
        if (video == (kind == media::Kind::video)) return codec;
    }
    return std::nullopt;
}

}  // namespace tidegate::flv
