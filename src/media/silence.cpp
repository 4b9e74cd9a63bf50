#include "media/silence.hpp"

#include <array>
#include <string_view>

#include "media/aac.hpp"
#include "media/mp3.hpp"

namespace tidegate::media {

namespace {

// G.711 has no frames. Encoders send 20 ms at a time.
constexpr std::uint32_t kG711UnitsPerSecond = 50;

class AacBits {
public:
    void put(std::uint32_t value, unsigned count) {
        for (; count > 0; --count, ++size_) {
            if (size_ % 8 == 0) bytes_.push_back(0);
            auto const bit = value >> (count - 1) & 1U;
            bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | bit << (7 - size_ % 8));
        }
    }
    base::Bytes const& bytes() const { return bytes_; }

private:
    base::Bytes bytes_;
    std::size_t size_ = 0;
};

// ics_info of a long window without scale factor bands (table 4.6).
void put_window(AacBits& bits) {
    bits.put(0, 1);  // ics_reserved_bit
    bits.put(0, 2);  // window_sequence: ONLY_LONG_SEQUENCE
    bits.put(0, 1);  // window_shape
    bits.put(0, 6);  // max_sfb
    bits.put(0, 1);  // predictor_data_present
}

// individual_channel_stream (table 4.50). Without bands it has no sections, factors or spectrum.
void put_channel(AacBits& bits, bool own_window) {
    bits.put(0, 8);  // global_gain
    if (own_window) put_window(bits);
    bits.put(0, 3);  // pulse, TNS and gain control are not there
}

// The elements of each channel configuration (table 1.19): s single, p pair, l low frequencies.
constexpr std::array<std::string_view, 8> kElements{"",    "s",   "p",    "sp",
                                                    "sps", "spp", "sppl", "spppl"};

base::Bytes silent_aac(std::uint32_t channel_configuration) {
    constexpr std::uint32_t kSingle = 0, kPair = 1, kLowFrequency = 3, kEnd = 7;
    AacBits bits;
    std::uint32_t singles = 0, pairs = 0;
    for (char const element : kElements.at(channel_configuration)) {
        bits.put(element == 's' ? kSingle : element == 'p' ? kPair : kLowFrequency, 3);
        bits.put(element == 's' ? singles++ : element == 'p' ? pairs++ : 0, 4);
        if (element == 'p') {
            bits.put(1, 1);  // common_window
            put_window(bits);
            bits.put(0, 2);  // ms_mask_present
            put_channel(bits, false);
            put_channel(bits, false);
        } else {
            put_channel(bits, true);
        }
    }
    bits.put(kEnd, 3);
    return bits.bytes();
}

std::optional<Silence> silence_of(AacConfig const& config) {
    constexpr std::uint32_t kMain = 1, kLc = 2, kLtp = 4;  // they share this syntax
    auto const core = aac_core(config);
    if (!core || config.sample_rate == 0) return std::nullopt;
    auto const type = core->object_type;
    auto const channels = core->channel_configuration;
    if (type != kMain && type != kLc && type != kLtp) return std::nullopt;
    if (channels == 0 || channels >= kElements.size()) return std::nullopt;
    return Silence{base::SharedBytes::copy_of(silent_aac(channels)), aac_samples_per_unit(config),
                   config.sample_rate};
}

std::optional<Silence> silence_of(OpusConfig const& config) {
    if (config.channel_count != 1 && config.channel_count != 2) return std::nullopt;
    // Configuration 31: CELT, the full band, 20 ms. The frame's first symbol is the silence flag.
    std::uint8_t const toc = config.channel_count == 2 ? 0xFC : 0xF8;
    return Silence{base::SharedBytes::copy_of(base::Bytes{toc, 0xFF, 0xFE}), 960, 48'000};
}

std::optional<Silence> silent_g711(AudioFormat format, std::uint8_t code) {
    auto const samples = format.sample_rate / kG711UnitsPerSecond;
    if (samples == 0 || format.channel_count == 0) return std::nullopt;
    base::Bytes const unit(std::size_t{samples} * format.channel_count, code);
    return Silence{base::SharedBytes::copy_of(unit), samples, format.sample_rate};
}

// Side information of zeros: no granule has main data, and none is taken from frames before.
std::optional<Silence> silent_mp3(base::ByteView last_unit) {
    constexpr std::size_t kHeader = 4;
    constexpr std::uint8_t kNoCrc = 1;
    auto const frame = parse_mp3_frame(last_unit);
    if (!frame || frame->size < kHeader || last_unit.size() < kHeader) return std::nullopt;
    base::Bytes unit(frame->size);
    std::copy_n(last_unit.begin(), kHeader, unit.begin());
    unit[1] |= kNoCrc;
    return Silence{base::SharedBytes::copy_of(unit), frame->samples, frame->config.sample_rate};
}

}  // namespace

std::optional<Silence> silence_of(Track const& track, base::ByteView last_unit) {
    switch (track.codec()) {
        case Codec::aac:
            return silence_of(std::get<AacConfig>(track.config));
        case Codec::opus:
            return silence_of(std::get<OpusConfig>(track.config));
        case Codec::pcma:
            return silent_g711(track.audio_format(), 0xD5);
        case Codec::pcmu:
            return silent_g711(track.audio_format(), 0xFF);
        case Codec::mp3:
            return silent_mp3(last_unit);
        default:
            return std::nullopt;
    }
}

}  // namespace tidegate::media
