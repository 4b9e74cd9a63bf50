// The first byte chooses: an AudioSpecificConfig, an OpusHead, an Opus packet, an MPEG audio
// frame, an AC-3 or E-AC-3 frame, one of their boxes, FLAC's STREAMINFO.
#include <cstdint>

#include "checks.hpp"
#include "media/aac.hpp"
#include "media/ac3.hpp"
#include "media/access_unit.hpp"
#include "media/flac.hpp"
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

template <class Config>
void dolby(base::ByteView bytes, auto parse_frame, auto parse_box) {
    if (auto const frame = parse_frame(bytes)) {
        require(frame->size >= 2 && frame->size < 8192 && frame->samples > 0);
        require(frame->config.sample_rate >= 16000 && frame->config.channel_count > 0);
        media::Track track{Config{}};
        require(media::learn_configuration(track, bytes));
        require(!media::learn_configuration(track, bytes));
        auto const box = parse_box(frame->config.specific);
        if (frame->config.sample_rate >= 32000) require(box == frame->config);
    }
    if (auto const config = parse_box(bytes)) {
        require(config->sample_rate >= 32000 && config->channel_count <= 6);
    }
}

void flac(base::ByteView bytes) {
    auto const config = media::parse_flac_config(bytes);
    if (config) require(media::parse_flac_config(config->stream_info) == config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    base::ByteView const bytes{data + 1, size - 1};
    switch (data[0] % 7) {
        case 0:
            aac(bytes);
            break;
        case 1:
            opus_head(bytes);
            break;
        case 2:
            opus_packet(bytes);
            break;
        case 3:
            mp3(bytes);
            break;
        case 4:
            dolby<media::Ac3Config>(bytes, media::parse_ac3_frame, media::parse_dac3);
            break;
        case 5:
            dolby<media::Eac3Config>(bytes, media::parse_eac3_frame, media::parse_dec3);
            break;
        default:
            flac(bytes);
    }
    return 0;
}
