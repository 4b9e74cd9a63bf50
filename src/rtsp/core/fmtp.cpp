#include "rtsp/core/fmtp.hpp"

#include <algorithm>
#include <charconv>

#include "media/aac.hpp"
#include "rtsp/core/base64.hpp"
#include "rtsp/core/headers.hpp"
#include "rtsp/core/latm.hpp"

namespace tidegate::rtsp {

namespace {

using Result = std::expected<void, std::string>;

// Clock rates above it are no audio or video clock, and would overflow time arithmetic
// (base/time.hpp).
constexpr std::uint32_t kMaxClockRate = 1'000'000;

// An SPS with scaling lists has some hundred bytes; parameter sets are copied with every
// description.
constexpr std::size_t kMaxParameterSet = 4096;

// Channels of AAC's configuration 7 and Opus' multistream alike.
constexpr std::uint8_t kMaxChannels = 8;

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value = 0;
    auto const* const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

std::string_view cut(std::string_view& rest, char separator) {
    auto const end = rest.find(separator);
    auto const part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return trim(part);
}

// The value of a key in "a=1; b=2"; empty when absent.
std::string_view parameter(std::string_view parameters, std::string_view key) {
    while (!parameters.empty()) {
        auto entry = cut(parameters, ';');
        auto const name = cut(entry, '=');
        if (equal_ignoring_case(name, key)) return trim(entry);
    }
    return {};
}

std::optional<base::Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0 || text.size() / 2 > kMaxParameterSet) return std::nullopt;
    base::Bytes out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        std::uint8_t byte = 0;
        auto const parsed = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (parsed.ptr != text.data() + i + 2) return std::nullopt;
        out.push_back(byte);
    }
    return out;
}

std::optional<base::Bytes> parameter_set(std::string_view text) {
    if (text.size() > kMaxParameterSet * 4 / 3) return std::nullopt;
    return base64_decode(text);
}

// What rtpmap says: "mpeg4-generic/48000/2".
struct Map {
    std::string_view encoding;
    std::uint32_t clock_rate = 0;
    std::uint8_t channels = 1;
};

std::expected<Map, std::string> parse_map(std::string_view text) {
    Map map;
    map.encoding = cut(text, '/');
    auto const rate = number<std::uint32_t>(cut(text, '/'));
    if (map.encoding.empty() || !rate || *rate == 0 || *rate > kMaxClockRate) {
        return std::unexpected("rtpmap has an invalid encoding or clock rate");
    }
    map.clock_rate = *rate;
    if (text.empty()) return map;
    auto const channels = number<std::uint8_t>(trim(text));
    if (!channels || *channels == 0) return std::unexpected("rtpmap has an invalid channel count");
    map.channels = *channels;
    return map;
}

Result apply_h264(Map const&, std::string_view parameters, MediaDescription& media) {
    media.packetization_mode = number<int>(parameter(parameters, "packetization-mode")).value_or(0);
    media::H264Config config;
    // The first two: more are alternatives for other pictures, which come in-band as well.
    auto sets = parameter(parameters, "sprop-parameter-sets");
    for (int i = 0; i < 8 && !sets.empty(); ++i) {
        auto const set = parameter_set(cut(sets, ','));
        if (!set) return std::unexpected("sprop-parameter-sets is not base 64");
        if (set->empty()) continue;
        auto const type = set->front() & 0x1F;
        if (type == 7 && config.sps.empty()) config.sps = *set;
        if (type == 8 && config.pps.empty()) config.pps = *set;
    }
    media.track = media::Track{std::move(config)};
    return {};
}

Result apply_h265(Map const&, std::string_view parameters, MediaDescription& media) {
    if (auto const don = parameter(parameters, "sprop-max-don-diff"); !don.empty() && don != "0") {
        media.unsupported = "H265 with decoding order numbers is not supported";
        return {};
    }
    media::H265Config config;
    struct Slot {
        std::string_view key;
        base::Bytes& set;
    };
    for (auto const& slot : {Slot{"sprop-vps", config.vps}, Slot{"sprop-sps", config.sps},
                             Slot{"sprop-pps", config.pps}}) {
        auto list = parameter(parameters, slot.key);
        auto set = parameter_set(cut(list, ','));
        if (!set) return std::unexpected(std::string(slot.key) + " is not base 64");
        slot.set = std::move(*set);
    }
    media.track = media::Track{std::move(config)};
    return {};
}

// RFC 3640 §4.1; absent lengths count as 0 there.
Result apply_aac(Map const& map, std::string_view parameters, MediaDescription& media) {
    auto const length = [&](std::string_view key,
                            std::uint8_t most) -> std::optional<std::uint8_t> {
        auto const text = parameter(parameters, key);
        if (text.empty()) return 0;
        auto const value = number<std::uint8_t>(text);
        return value && *value <= most ? value : std::nullopt;
    };
    auto const size = length("sizelength", 32);
    auto const index = length("indexlength", 32);
    auto const delta = length("indexdeltalength", 32);
    if (!size || !index || !delta) return std::unexpected("mpeg4-generic has invalid lengths");
    auto config = from_hex(parameter(parameters, "config"));
    if (!config || config->size() < 2) return std::unexpected("mpeg4-generic has no valid config");
    if (*size == 0) {
        media.unsupported = "MPEG-4 audio without sizelength is not supported";
        return {};
    }
    media.aac = {*size, *index, *delta, false};
    media::AacConfig aac;
    aac.audio_specific_config = std::move(*config);
    aac.sample_rate = map.clock_rate;
    aac.channel_count = std::min(map.channels, kMaxChannels);
    media.track = media::Track{std::move(aac)};
    return {};
}

Result apply_opus(Map const& map, std::string_view parameters, MediaDescription& media) {
    if (map.clock_rate != 48000) return std::unexpected("opus has a clock rate other than 48000");
    media::OpusConfig config;
    // gortsplib and we tell mono by sprop-stereo=0; without the parameter rtpmap's 2 counts.
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
        media.unsupported = "LATM with its configuration in the stream is not supported";
        return {};
    }
    auto const mux = from_hex(parameter(parameters, "config"));
    if (!mux || mux->empty()) return std::unexpected("MP4A-LATM has no valid config");
    auto config = audio_config_of_mux(*mux);
    if (!config) {
        media.unsupported = config.error();
        return {};
    }
    auto aac = media::parse_audio_specific_config(*config);
    if (!aac) return std::unexpected(aac.error().message);
    aac->sample_rate = map.clock_rate;
    media.aac.latm = true;
    media.track = media::Track{std::move(*aac)};
    return {};
}

struct Known {
    std::string_view encoding;
    Result (*apply)(Map const&, std::string_view, MediaDescription&);
};
constexpr Known kKnown[] = {
    {"H264", apply_h264},         {"H265", apply_h265}, {"HEVC", apply_h265},
    {"mpeg4-generic", apply_aac}, {"opus", apply_opus}, {"MPA", apply_mp3},
    {"MP4A-LATM", apply_latm},
};

}  // namespace

Result apply_format(FormatLines const& lines, MediaDescription& media) {
    auto text = lines.map;
    if (text.empty() && media.payload_type == 14) text = "MPA/90000";  // RFC 3551 table 4
    if (text.empty()) {
        media.unsupported =
            "payload type " + std::to_string(media.payload_type) + " is not supported";
        return {};
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
    media.unsupported = "codec " + media.encoding + " is not supported";
    return {};
}

}  // namespace tidegate::rtsp
