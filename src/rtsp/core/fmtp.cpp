#include "rtsp/core/fmtp.hpp"

#include <algorithm>
#include <iterator>

#include "base/crypto/base64.hpp"
#include "base/fingerprint.hpp"
#include "base/number.hpp"
#include "media/aac.hpp"
#include "media/avcc.hpp"
#include "media/flac.hpp"
#include "rtsp/core/latm.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

// The error is a sentence that says why there is no track.
using Result = std::expected<void, std::string>;

// The highest clock rate that is believed. No audio or video clock is faster, and time arithmetic
// could overflow (base/time.hpp).
constexpr std::uint32_t kMaxClockRate = 1'000'000;

// The longest config of mpeg4-generic and LATM, in bytes: it is copied with every description.
constexpr std::size_t kMaxConfig = 4096;

// AAC's configuration 7 and Opus' multistream have this many channels.
constexpr std::uint8_t kMaxChannels = 8;

// The value of a key in "a=1; b=2"; empty when absent.
std::string_view parameter(std::string_view parameters, std::string_view key) {
    while (!parameters.empty()) {
        auto entry = cut(parameters, ';');
        auto const name = cut(entry, '=');
        if (!equal_ignoring_case(name, key)) continue;
        entry = trim(entry);
        bool const quoted = entry.size() >= 2 && entry.starts_with('"') && entry.ends_with('"');
        return quoted ? trim(entry.substr(1, entry.size() - 2)) : entry;
    }
    return {};
}

std::optional<base::Bytes> from_hex(std::string_view text) {
    if (text.size() / 2 > kMaxConfig) return std::nullopt;
    return base::from_hex(text);
}

// The parameter sets in a sprop list. Some encoders leave start codes in a set, or put several sets
// into one entry. An entry that is not base 64 is left out, because the sets come in-band as well.
std::vector<base::Bytes> parameter_sets(std::string_view parameters, std::string_view key,
                                        MediaDescription& media) {
    std::vector<base::Bytes> sets;
    auto list = parameter(parameters, key);
    for (std::size_t i = 0; i < media::kMaxDescribedSets && !list.empty(); ++i) {
        auto const text = cut(list, ',');
        auto const decoded = text.size() <= media::kMaxParameterSetBytes * 4 / 3
                                 ? base::base64_decode(text)
                                 : std::nullopt;
        if (!decoded) {
            add_remark(media, std::string(key) + " is not base 64");
            continue;
        }
        media::AnnexBReader nalus(*decoded);
        while (auto const nalu = nalus.next()) sets.emplace_back(nalu->begin(), nalu->end());
    }
    return sets;
}

media::ParameterSets sets_of(media::Codec codec, std::vector<base::Bytes> const& nalus) {
    std::vector<base::ByteView> const views(nalus.begin(), nalus.end());
    return {codec, views};
}

// The value of a=rtpmap, e.g. "mpeg4-generic/48000/2".
struct Map {
    std::string_view encoding;
    std::uint32_t clock_rate = 0;
    std::optional<std::uint8_t> channels = std::nullopt;

    std::uint8_t channels_or(std::uint8_t usual) const {
        return std::min(channels.value_or(usual), kMaxChannels);
    }
};

std::expected<Map, std::string> parse_map(std::string_view text) {
    Map map;
    map.encoding = cut(text, '/');
    auto const rate = base::parse_number<std::uint32_t>(cut(text, '/'));
    if (map.encoding.empty() || map.encoding.size() > kMaxEncodingName || !rate || *rate == 0 ||
        *rate > kMaxClockRate) {
        return std::unexpected("rtpmap has an invalid encoding or clock rate");
    }
    map.clock_rate = *rate;
    if (text.empty()) return map;
    auto const channels = base::parse_number<std::uint8_t>(trim(text));
    if (!channels || *channels == 0) return std::unexpected("rtpmap has an invalid channel count");
    map.channels = *channels;
    return map;
}

Result apply_h264(Map const&, std::string_view parameters, MediaDescription& media) {
    media.packetization_mode =
        base::parse_number<int>(parameter(parameters, "packetization-mode")).value_or(0);
    if (media.packetization_mode > 1) {
        return std::unexpected("H264 in interleaved mode (packetization-mode 2) is not supported");
    }
    auto const sets = parameter_sets(parameters, "sprop-parameter-sets", media);
    media.track = media::Track{media::H264Config(sets_of(media::Codec::h264, sets))};
    return {};
}

Result apply_h265(Map const&, std::string_view parameters, MediaDescription& media) {
    if (auto const don = parameter(parameters, "sprop-max-don-diff"); !don.empty() && don != "0") {
        return std::unexpected("H265 with decoding order numbers is not supported");
    }
    std::vector<base::Bytes> nalus;
    for (std::string_view const key : {"sprop-vps", "sprop-sps", "sprop-pps"}) {
        std::ranges::move(parameter_sets(parameters, key, media), std::back_inserter(nalus));
    }
    media.track = media::Track{media::H265Config(sets_of(media::Codec::h265, nalus))};
    return {};
}

// The field sizes of the modes in RFC 3640 §3.3.5 and §3.3.6. Without a mode it is AAC-hbr.
std::expected<rtp::AacFraming, std::string> framing_of_mode(std::string_view mode) {
    if (mode.empty() || equal_ignoring_case(mode, "AAC-hbr")) return rtp::AacFraming{};
    if (equal_ignoring_case(mode, "AAC-lbr")) return rtp::AacFraming{6, 2, 2, false};
    return std::unexpected("mpeg4-generic in mode " + std::string(mode.substr(0, 32)) +
                           " is not supported");
}

// RFC 3640 §4.1.
Result apply_aac(Map const& map, std::string_view parameters, MediaDescription& media) {
    auto const length = [&](std::string_view key,
                            std::uint8_t most) -> std::optional<std::uint8_t> {
        auto const text = parameter(parameters, key);
        if (text.empty()) return 0;
        auto const value = base::parse_number<std::uint8_t>(text);
        return value && *value <= most ? value : std::nullopt;
    };
    auto const size = length("sizelength", 32);
    auto const index = length("indexlength", 32);
    auto const delta = length("indexdeltalength", 32);
    if (!size || !index || !delta) return std::unexpected("mpeg4-generic has invalid lengths");
    media.aac = {*size, *index, *delta, false};
    if (*size == 0) {
        auto const framing = framing_of_mode(parameter(parameters, "mode"));
        if (!framing) return std::unexpected(framing.error());
        media.aac = *framing;
    }
    auto config = from_hex(parameter(parameters, "config"));
    media::AacConfig aac;
    if (config && config->size() >= 2) {
        aac.audio_specific_config = std::move(*config);
    } else {
        auto const made = media::make_aac_lc_config(map.clock_rate, map.channels.value_or(1));
        if (!made) return std::unexpected("mpeg4-generic has no valid config");
        aac.audio_specific_config = made->audio_specific_config;
        add_remark(media, "without a valid config it is taken for AAC-LC");
    }
    aac.sample_rate = map.clock_rate;
    aac.channel_count = map.channels_or(1);
    media.track = media::Track{std::move(aac)};
    return {};
}

Result apply_opus(Map const& map, std::string_view parameters, MediaDescription& media) {
    if (map.clock_rate != 48000) return std::unexpected("opus has a clock rate other than 48000");
    media::OpusConfig config;
    // gortsplib and we write sprop-stereo=0 for mono. Without the parameter it is stereo, as in
    // rtpmap.
    if (parameter(parameters, "sprop-stereo") == "0") config.channel_count = 1;
    media.track = media::Track{config};
    return {};
}

Result apply_mp3(Map const& map, std::string_view, MediaDescription& media) {
    if (map.clock_rate != 90000) return std::unexpected("MPA has a clock rate other than 90000");
    media.track = media::Track{media::Mp3Config{}};
    return {};
}

// RFC 6416 §7.3. The configuration may come in-band as well, with cpresent=1, its default.
Result apply_latm(Map const& map, std::string_view parameters, MediaDescription& media) {
    if (parameter(parameters, "cpresent") != "0") {
        return std::unexpected("LATM with its configuration in the stream is not supported");
    }
    auto const mux = from_hex(parameter(parameters, "config"));
    if (!mux || mux->empty()) return std::unexpected("MP4A-LATM has no valid config");
    auto config = audio_config_of_mux(*mux);
    if (!config) return std::unexpected(config.error());
    auto aac = media::parse_audio_specific_config(*config);
    if (!aac) return std::unexpected(aac.error().message);
    aac->sample_rate = map.clock_rate;
    media.aac.latm = true;
    media.track = media::Track{std::move(*aac)};
    return {};
}

Result apply_av1(Map const&, std::string_view, MediaDescription& media) {
    media.track = media::Track{media::Av1Config{}};  // its sequence header comes in-band
    return {};
}

Result apply_vp9(Map const&, std::string_view parameters, MediaDescription& media) {
    media::Vp9Config config;
    auto const profile = base::parse_number<std::uint8_t>(parameter(parameters, "profile-id"));
    if (profile && *profile <= 3) config.profile = *profile;
    media.track = media::Track{config};
    return {};
}

// Without a number of channels it is six at most (RFC 4184 §5.1, RFC 4598 §5.1).
constexpr std::uint8_t kDolbyChannels = 6;

template <media::Codec kCodec>
Result apply_dolby(Map const& map, std::string_view, MediaDescription& media) {
    media.track = media::Track{
        media::DolbyConfig<kCodec>{map.clock_rate, map.channels_or(kDolbyChannels), {}}};
    return {};
}

template <media::Codec kCodec>
Result apply_g711(Map const& map, std::string_view, MediaDescription& media) {
    media.track = media::Track{media::G711Config<kCodec>{map.clock_rate, map.channels_or(1)}};
    return {};
}

Result apply_flac(Map const& map, std::string_view parameters, MediaDescription& media) {
    auto const info = from_hex(parameter(parameters, "streaminfo"));
    auto config = info ? media::parse_flac_config(*info) : media::fail("");
    if (!config) return std::unexpected("flac has no valid streaminfo");
    if (config->sample_rate != map.clock_rate) {
        return std::unexpected("flac has a clock rate other than its sample rate");
    }
    media.track = media::Track{*std::move(config)};
    return {};
}

struct Known {
    std::string_view encoding;
    Result (*apply)(Map const&, std::string_view, MediaDescription&);
};
constexpr Known kKnown[] = {
    {"H264", apply_h264},
    {"H265", apply_h265},
    {"HEVC", apply_h265},
    {"mpeg4-generic", apply_aac},
    {"opus", apply_opus},
    {"MPA", apply_mp3},
    {"MP4A-LATM", apply_latm},
    {"AV1", apply_av1},
    {"VP9", apply_vp9},
    {"AC3", apply_dolby<media::Codec::ac3>},
    {"EAC3", apply_dolby<media::Codec::eac3>},
    {"PCMA", apply_g711<media::Codec::pcma>},
    {"PCMU", apply_g711<media::Codec::pcmu>},
    {"flac", apply_flac},
};

// The payload types that need no rtpmap (RFC 3551 tables 4 and 5).
struct Static {
    std::uint8_t payload_type;
    std::string_view map;
};
constexpr Static kStatic[] = {
    {0, "PCMU/8000"},    {3, "GSM/8000"},    {4, "G723/8000"},   {5, "DVI4/8000"},
    {6, "DVI4/16000"},   {7, "LPC/8000"},    {8, "PCMA/8000"},   {9, "G722/8000"},
    {10, "L16/44100/2"}, {11, "L16/44100"},  {12, "QCELP/8000"}, {13, "CN/8000"},
    {14, "MPA/90000"},   {15, "G728/8000"},  {16, "DVI4/11025"}, {17, "DVI4/22050"},
    {18, "G729/8000"},   {25, "CelB/90000"}, {26, "JPEG/90000"}, {28, "nv/90000"},
    {31, "H261/90000"},  {32, "MPV/90000"},  {33, "MP2T/90000"}, {34, "H263/90000"},
};

Result read_format(FormatLines const& lines, MediaDescription& media) {
    auto const usual = std::ranges::find(kStatic, lines.payload_type, &Static::payload_type);
    auto const text = lines.map.empty() && usual != std::end(kStatic) ? usual->map : lines.map;
    if (text.empty()) {
        return std::unexpected("payload type " + std::to_string(lines.payload_type) +
                               " has no rtpmap");
    }
    auto const map = parse_map(text);
    if (!map) return std::unexpected(map.error());
    media.encoding = map->encoding;
    media.clock_rate = map->clock_rate;
    for (auto const& known : kKnown) {
        if (equal_ignoring_case(map->encoding, known.encoding)) {
            return known.apply(*map, lines.parameters, media);
        }
    }
    return std::unexpected("codec " + media.encoding + " is not supported");
}

}  // namespace

void add_remark(MediaDescription& media, std::string_view remark) {
    if (media.remark.contains(remark)) return;
    if (!media.remark.empty()) media.remark += ", ";
    media.remark += remark;
}

namespace {

// MediaMTX describes FLAC as application.
bool belongs_in(std::string_view type, media::Track const& track) {
    bool const video = track.kind() == media::Kind::video;
    if (track.codec() == media::Codec::flac && equal_ignoring_case(type, "application")) {
        return true;
    }
    return equal_ignoring_case(type, video ? "video" : "audio");
}

}  // namespace

void apply_format(FormatLines const& lines, MediaDescription& media) {
    media.payload_type = lines.payload_type;
    auto const read = read_format(lines, media);
    if (!read) {
        media.unsupported = read.error();
    } else if (!belongs_in(media.type, *media.track)) {
        media.unsupported = "codec " + media.encoding + " does not belong in media " + media.type;
        media.track.reset();
    }
}

}  // namespace tidegate::rtsp
