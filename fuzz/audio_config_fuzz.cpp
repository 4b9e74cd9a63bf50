// The first byte chooses: an AudioSpecificConfig, an OpusHead, an Opus packet, an MPEG audio frame.
#include <cstdint>

#include "checks.hpp"
#include "media/aac.hpp"
#include "media/mp3.hpp"
#include "media/opus.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

void aac(base::ByteView bytes) {
    auto const config = media::parse_audio_specific_config(bytes);
    if (!config) return;
    require(config->sample_rate > 0 && config->sample_rate <= media::kMaxAudioSampleRate);
    require(config->channel_count > 0 && config->audio_specific_config.size() == bytes.size());
}

void opus_head(base::ByteView bytes) {
    auto const config = media::parse_opus_head(bytes);
    if (config) require(media::parse_opus_head(media::write_opus_head(*config)) == config);
}

void opus_packet(base::ByteView bytes) {
    auto const duration = media::opus_packet_duration(bytes);
    if (duration) require(duration->count() > 0 && *duration <= media::kMaxOpusPacket);
}

void mp3(base::ByteView bytes) {
    auto const frame = media::parse_mp3_frame(bytes);
    if (frame) require(frame->size >= 4 && frame->size < 8192 && frame->duration.count() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    base::ByteView const bytes{data + 1, size - 1};
    switch (data[0] % 4) {
        case 0:
            aac(bytes);
            break;
        case 1:
            opus_head(bytes);
            break;
        case 2:
            opus_packet(bytes);
            break;
        default:
            mp3(bytes);
    }
    return 0;
}
