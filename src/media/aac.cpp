#include "media/aac.hpp"

#include <algorithm>
#include <array>

#include "media/bit_reader.hpp"

namespace tidegate::media {

namespace {

constexpr std::array<std::uint32_t, 13> kSampleRates{
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350};
constexpr unsigned kExplicitRate = 15;

constexpr unsigned kObjectLc = 2;
constexpr unsigned kObjectSbr = 5;
constexpr unsigned kObjectErBsac = 22;
constexpr unsigned kObjectPs = 29;
constexpr unsigned kObjectEscape = 31;

constexpr std::uint32_t kSyncExtensionSbr = 0x2b7;
constexpr std::uint32_t kSyncExtensionPs = 0x548;

unsigned read_object_type(BitReader& reader) {
    auto const type = reader.bits(5);
    return type == kObjectEscape ? 32 + reader.bits(6) : type;
}

// The rate in Hz; 0 for the reserved indices 13 and 14, and for an explicit rate that is too high.
std::uint32_t read_sample_rate(BitReader& reader) {
    auto const index = reader.bits(4);
    if (index == kExplicitRate) {
        auto const rate = reader.bits(24);
        return rate <= kMaxAudioSampleRate ? rate : 0;
    }
    return index < kSampleRates.size() ? kSampleRates[index] : 0;
}

// The number of channels; 0 for configuration 0, where a program config element follows, and for
// reserved configurations.
std::uint8_t channels_of(std::uint32_t configuration) {
    static constexpr std::array<std::uint8_t, 16> kCounts{0, 1, 2, 3, 4, 5, 6, 8,
                                                          0, 0, 0, 7, 8, 0, 8, 0};
    return kCounts[configuration & 15];
}

// Whether a GASpecificConfig (§4.4.1) follows for this object type.
bool is_general_audio(unsigned type) {
    return (type >= 1 && type <= 4) || type == 6 || type == 7 || type == 17 ||
           (type >= 19 && type <= 23);
}

bool is_error_resilient(unsigned type) {
    return type == 17 || (type >= 19 && type <= 27) || type == 39;
}

// Reads a program config element (§4.5.1.1) and returns the number of channels in its lists.
std::uint8_t read_program_config(BitReader& reader) {
    reader.skip(4 + 2 + 4);  // tag, object type, rate index
    std::array<std::uint32_t, 3> elements{};
    for (auto& count : elements) count = reader.bits(4);  // front, side, back
    auto const lfe = reader.bits(2);
    auto const associated = reader.bits(3);
    auto const coupling = reader.bits(4);
    if (reader.flag()) reader.skip(4);  // mono mixdown
    if (reader.flag()) reader.skip(4);  // stereo mixdown
    if (reader.flag()) reader.skip(3);  // matrix mixdown
    auto channels = lfe;
    for (auto const count : elements) {
        for (std::uint32_t i = 0; i < count; ++i) {
            channels += reader.flag() ? 2U : 1U;  // a pair or a single element
            reader.skip(4);
        }
    }
    reader.skip(4 * (lfe + associated) + 5 * coupling);
    reader.skip((8 - reader.position() % 8) % 8);
    reader.skip(8 * std::size_t{reader.bits(8)});  // comment
    return static_cast<std::uint8_t>(channels);    // at most 3 * 15 * 2 + 3
}

void read_general_audio(BitReader& reader, unsigned type, bool program_config,
                        std::uint8_t& channels) {
    reader.flag();                       // frame length: 1024 or 960
    if (reader.flag()) reader.skip(14);  // depends on a core coder: its delay
    auto const extension = reader.flag();
    if (program_config) channels = read_program_config(reader);
    if (type == 6 || type == 20) reader.skip(3);  // layer
    if (!extension) return;
    if (type == kObjectErBsac) reader.skip(5 + 11);
    if (type == 17 || type == 19 || type == 20 || type == 23) reader.skip(3);
    reader.flag();
}

struct Extension {
    std::uint32_t sample_rate = 0;
    bool sbr = false;
    bool ps = false;
};

// Reads up to what belongs to the core's object type. Hierarchical signalling of SBR and PS gives
// the extension.
AacCore read_core(BitReader& reader, Extension& extension) {
    AacCore core;
    core.object_type = read_object_type(reader);
    core.sample_rate = read_sample_rate(reader);
    core.channel_configuration = reader.bits(4);
    if (core.object_type == kObjectSbr || core.object_type == kObjectPs) {
        extension = {read_sample_rate(reader), true, core.object_type == kObjectPs};
        core.object_type = read_object_type(reader);
        if (core.object_type == kObjectErBsac) reader.skip(4);
    }
    return core;
}

// The backward compatible signalling of SBR and PS (§1.6.5.2): decoders that do not know them stop
// reading before it. All of it is optional.
void read_compatible_extension(BitReader& reader, Extension& extension) {
    if (reader.remaining() < 16 || reader.bits(11) != kSyncExtensionSbr) return;
    if (read_object_type(reader) != kObjectSbr || !reader.flag()) return;
    auto const rate = read_sample_rate(reader);
    if (reader.failed()) return;
    extension.sbr = true;
    extension.sample_rate = rate;
    if (reader.remaining() < 12 || reader.bits(11) != kSyncExtensionPs) return;
    extension.ps = reader.flag();
}

}  // namespace

std::expected<AacConfig, Error> parse_audio_specific_config(base::ByteView bytes) {
    if (bytes.size() > kMaxAudioSpecificConfigSize)
        return fail("invalid AAC configuration: too big");
    BitReader reader(bytes);
    Extension extension;
    auto [type, sample_rate, configuration] = read_core(reader, extension);
    if (extension.sbr && extension.sample_rate == 0) sample_rate = 0;
    auto channels = channels_of(configuration);
    if (is_general_audio(type)) {
        read_general_audio(reader, type, configuration == 0, channels);
        if (is_error_resilient(type)) reader.skip(2);  // epConfig
    }
    if (reader.failed()) return fail("invalid AAC configuration: too short");
    if (type == 0) return fail("invalid AAC configuration: no object type");
    if (sample_rate == 0) return fail("invalid AAC configuration: invalid sample rate");
    if (channels == 0) return fail("invalid AAC configuration: invalid channel configuration");
    if (!extension.sbr) read_compatible_extension(reader, extension);

    AacConfig config;
    config.audio_specific_config.assign(bytes.begin(), bytes.end());
    config.sample_rate = extension.sample_rate != 0 ? extension.sample_rate : sample_rate;
    config.channel_count = extension.ps && channels == 1 ? std::uint8_t{2} : channels;
    return config;
}

std::expected<AacConfig, Error> make_aac_lc_config(std::uint32_t sample_rate,
                                                   std::uint8_t channel_count) {
    if (channel_count == 0 || channel_count == 7 || channel_count > 8) {
        return fail("AAC has no configuration of " + std::to_string(channel_count) + " channels");
    }
    if (sample_rate == 0 || sample_rate > kMaxAudioSampleRate) return fail("invalid sample rate");
    std::uint64_t bits = kObjectLc;
    unsigned count = 5 + 4;
    if (auto const index = aac_rate_index(sample_rate)) {
        bits = bits << 4 | *index;
    } else {
        bits = (bits << 4 | kExplicitRate) << 24 | sample_rate;
        count += 24;
    }
    bits = (bits << 4 | (channel_count == 8 ? 7U : channel_count))
           << 3;  // 1024 samples, no core, no extension
    count += 4 + 3;
    AacConfig config{
        .audio_specific_config = {}, .sample_rate = sample_rate, .channel_count = channel_count};
    bits <<= (8 - count % 8) % 8;
    for (auto left = (count + 7) / 8; left > 0; --left) {
        config.audio_specific_config.push_back(static_cast<std::uint8_t>(bits >> (8 * (left - 1))));
    }
    return config;
}

std::uint32_t aac_samples_per_unit(AacConfig const& config) {
    auto const core = aac_core(config);
    bool const doubled =
        core && core->sample_rate != 0 && config.sample_rate >= 2 * core->sample_rate;
    return doubled ? 2 * kAacSamplesPerUnit : kAacSamplesPerUnit;
}

std::optional<AacCore> aac_core(AacConfig const& config) {
    BitReader reader(config.audio_specific_config);
    Extension extension;
    auto const core = read_core(reader, extension);
    if (reader.failed()) return std::nullopt;
    return core;
}

std::optional<std::uint8_t> aac_rate_index(std::uint32_t sample_rate) {
    auto const* const found = std::ranges::find(kSampleRates, sample_rate);
    if (found == kSampleRates.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - kSampleRates.begin());
}

std::optional<AdtsFrame> parse_adts_frame(base::ByteView bytes) {
    constexpr std::size_t kHeader = 7;
    constexpr std::size_t kChecksum = 2;
    if (bytes.size() < kHeader || bytes[0] != 0xFF || (bytes[1] & 0xF6) != 0xF0)
        return std::nullopt;
    bool const protection_absent = (bytes[1] & 1) != 0;
    auto const header = protection_absent ? kHeader : kHeader + kChecksum;
    auto const size =
        static_cast<std::size_t>((bytes[3] & 3) << 11 | bytes[4] << 3 | bytes[5] >> 5);
    if (size <= header || size > bytes.size()) return std::nullopt;
    return AdtsFrame{bytes.first(size).subspan(header), size};
}

}  // namespace tidegate::media
