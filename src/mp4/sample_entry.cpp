#include "mp4/sample_entry.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "media/aac.hpp"
#include "media/av1.hpp"
#include "media/decoder_config.hpp"
#include "media/mp3.hpp"
#include "media/sps.hpp"
#include "media/vp9.hpp"
#include "mp4/descriptors.hpp"

namespace tidegate::mp4 {

namespace {

using media::Codec;

constexpr std::uint16_t kOpusPreSkip = 0;  // readers join a live stream in its middle
constexpr std::uint32_t kOpusRate = 48000;
// The mapping family of streams with one channel each, without a meaning (RFC 7845 §5.1.1.3).
constexpr std::uint8_t kOpusFamilyAnyOrder = 255;

struct Bitrates {
    std::uint32_t average = 0;
    std::uint32_t max = 0;
};

Bitrates bitrates(TrackSetup const& setup) {
    auto const usual =
        setup.track.kind() == media::Kind::video ? kUsualVideoBitrate : kUsualAudioBitrate;
    return {setup.average_bitrate == 0 ? usual : setup.average_bitrate,
            setup.max_bitrate == 0 ? usual : setup.max_bitrate};
}

// These two write the fields in front of the codec's own box.

void write_visual(BoxWriter& out, media::Track const& track) {
    auto const format = media::video_format(track).value_or(media::VideoFormat{});
    out.zeros(6);
    out.u16(1U);  // data reference
    out.zeros(2 + 2 + 3 * 4);
    out.u16(format.width & 0xffff);
    out.u16(format.height & 0xffff);
    out.u32(0x480000U);  // 72 dots per inch
    out.u32(0x480000U);
    out.u32(0U);
    out.u16(1U);    // pictures per sample
    out.zeros(32);  // the compressor's name
    out.u16(24U);   // depth
    out.u16(0xffffU);
}

void write_audio(BoxWriter& out, std::uint8_t channels, std::uint32_t rate) {
    out.zeros(6);
    out.u16(1U);  // data reference
    out.zeros(8);
    out.u16(std::uint16_t{channels});
    out.u16(16U);  // bits per sample
    out.zeros(2 + 2);
    // The format is 16.16. A rate that does not fit stands in the codec's box only.
    out.u32(rate <= std::numeric_limits<std::uint16_t>::max() ? rate << 16 : 0U);
}

void write_stream_descriptor(BoxWriter& out, TrackSetup const& setup, std::uint8_t object_type,
                             base::ByteView specific) {
    auto const box = out.full_box("esds"_box);
    auto const rates = bitrates(setup);
    write_descriptor(out, setup.id, {object_type, specific, rates.max, rates.average});
}

// These write the content of an entry without its bit rate.

void write_h264(BoxWriter& out, TrackSetup const& setup) {
    write_visual(out, setup.track);
    auto const box = out.box("avcC"_box);
    out.bytes(media::write_avc_config(std::get<media::H264Config>(setup.track.config)));
}

void write_h265(BoxWriter& out, TrackSetup const& setup) {
    write_visual(out, setup.track);
    auto const box = out.box("hvcC"_box);
    out.bytes(media::write_hevc_config(std::get<media::H265Config>(setup.track.config)));
}

void write_aac(BoxWriter& out, TrackSetup const& setup) {
    auto const& aac = std::get<media::AacConfig>(setup.track.config);
    write_audio(out, aac.channel_count, aac.sample_rate);
    write_stream_descriptor(out, setup, kObjectAac, aac.audio_specific_config);
}

void write_mp3(BoxWriter& out, TrackSetup const& setup) {
    auto const& mp3 = std::get<media::Mp3Config>(setup.track.config);
    write_audio(out, mp3.channel_count, mp3.sample_rate);
    write_stream_descriptor(out, setup,
                            media::is_mpeg1_audio(mp3) ? kObjectMpeg1Audio : kObjectMpeg2Audio, {});
}

void write_opus(BoxWriter& out, TrackSetup const& setup) {
    auto const channels = std::get<media::OpusConfig>(setup.track.config).channel_count;
    write_audio(out, channels, kOpusRate);
    auto const box = out.box("dOps"_box);
    out.u8(0U);  // version
    out.u8(channels);
    out.u16(kOpusPreSkip);
    out.u32(kOpusRate);
    out.u16(0U);  // gain
    if (channels <= 2) {
        out.u8(0U);
        return;
    }
    out.u8(kOpusFamilyAnyOrder);
    out.u8(channels);
    out.u8(0U);
    for (unsigned i = 0; i < channels; ++i) out.u8(i);
}

void write_av1(BoxWriter& out, TrackSetup const& setup) {
    write_visual(out, setup.track);
    auto const box = out.box("av1C"_box);
    out.bytes(media::write_av1_config(std::get<media::Av1Config>(setup.track.config)));
}

void write_vp9(BoxWriter& out, TrackSetup const& setup) {
    write_visual(out, setup.track);
    auto const box = out.box("vpcC"_box);  // the record has its version and flags
    out.bytes(media::write_vp9_config(std::get<media::Vp9Config>(setup.track.config)));
}

void write_ac3(BoxWriter& out, TrackSetup const& setup) {
    auto const& config = std::get<media::Ac3Config>(setup.track.config);
    write_audio(out, config.channel_count, config.sample_rate);
    auto const box = out.box("dac3"_box);
    out.bytes(config.specific);
}

void write_eac3(BoxWriter& out, TrackSetup const& setup) {
    auto const& config = std::get<media::Eac3Config>(setup.track.config);
    write_audio(out, config.channel_count, config.sample_rate);
    auto const box = out.box("dec3"_box);
    out.bytes(config.specific);
}

// The only metadata block is STREAMINFO: the last block, type 0, and its size.
void write_flac(BoxWriter& out, TrackSetup const& setup) {
    auto const& config = std::get<media::FlacConfig>(setup.track.config);
    write_audio(out, config.channel_count, config.sample_rate);
    auto const box = out.full_box("dfLa"_box);
    out.u8(0x80U);
    out.u24(config.stream_info.size());
    out.bytes(config.stream_info);
}

struct Form {
    Codec codec;
    BoxType type;
    void (*write)(BoxWriter&, TrackSetup const&);
};

constexpr std::array kForms{
    Form{Codec::h264, "avc1"_box, write_h264}, Form{Codec::h265, "hvc1"_box, write_h265},
    Form{Codec::aac, "mp4a"_box, write_aac},   Form{Codec::mp3, "mp4a"_box, write_mp3},
    Form{Codec::opus, "Opus"_box, write_opus}, Form{Codec::av1, "av01"_box, write_av1},
    Form{Codec::vp9, "vp09"_box, write_vp9},   Form{Codec::ac3, "ac-3"_box, write_ac3},
    Form{Codec::eac3, "ec-3"_box, write_eac3}, Form{Codec::flac, "fLaC"_box, write_flac},
};

Form const* form_of(Codec codec) {
    auto const* const found = std::ranges::find(kForms, codec, &Form::codec);
    return found == kForms.end() ? nullptr : found;
}

}  // namespace

bool has_sample_entry(Codec codec) {
    return form_of(codec) != nullptr;
}

void write_sample_entry(BoxWriter& out, TrackSetup const& setup) {
    auto const* const form = form_of(setup.track.codec());
    auto const entry = out.box(form->type);
    form->write(out, setup);
    auto const rates = bitrates(setup);
    auto const btrt = out.box("btrt"_box);  // ISO/IEC 14496-12 §8.5.2.2
    out.u32(0U);                            // size of the decoder's buffer: unknown
    out.u32(rates.max);
    out.u32(rates.average);
}

}  // namespace tidegate::mp4
