// The first byte chooses a codec, or a service's answer. Then come the codec's configuration and
// units, each with its size before it. Whatever they are, the sound is bounded and has no NaN.
#include <cmath>
#include <cstdint>

#include "checks.hpp"
#include "codec/decoder.hpp"
#include "codec/piece.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

media::Track track_of(std::uint8_t choice, base::ByteView config) {
    base::Bytes const bytes(config.begin(), config.end());
    switch (choice % 8) {
        case 0:
            return {media::AacConfig{bytes, 48000, 2}};
        case 1:
            return {media::OpusConfig{2}};
        case 2:
            return {media::Mp3Config{}};
        case 3:
            return {media::Ac3Config{48000, 2, {}}};
        case 4:
            return {media::Eac3Config{48000, 2, {}}};
        case 5:
            return {media::FlacConfig{bytes, 48000, 2}};
        case 6:
            return {media::PcmaConfig{8000, 2}};
        default:
            return {media::AacConfig{}};  // the units are ADTS frames
    }
}

void check(media::Pcm const& pcm) {
    require(pcm.format.channel_count > 0 && pcm.format.sample_rate > 0);
    require(pcm.samples.size() % pcm.format.channel_count == 0);
    for (auto const sample : pcm.samples) require(std::isfinite(sample));
}

base::ByteView piece(base::ByteReader& reader) {
    auto const size = reader.u16();
    return reader.take(std::min<std::size_t>(size, reader.remaining()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    base::ByteReader reader({data, size});
    auto const choice = reader.u8();
    if (choice == 255) {
        if (auto const pcm = codec::from_adts(reader.rest())) check(*pcm);
        return 0;
    }
    auto decoder = codec::Decoder::open(track_of(choice, piece(reader)));
    if (!decoder) return 0;
    std::vector<codec::Sound> sounds;
    while (reader.remaining() > 0 && sounds.size() < 100) {
        decoder->decode(piece(reader), {}, sounds);
    }
    for (auto const& sound : sounds) {
        check(sound.pcm);
        require(sound.pcm.frames() <= codec::kMaxUnitFrames);
    }
    return 0;
}
