// The kinds of values that mediamtx.yml's keys take, each with its checks and exact error texts.
#include <algorithm>
#include <array>
#include <boost/json/value_from.hpp>
#include <charconv>
#include <cmath>

#include "base/duration.hpp"
#include "config/byte_size.hpp"
#include "config/credential.hpp"
#include "config/ip_network.hpp"
#include "config/mediamtx/schema.hpp"

namespace tidegate::config::mediamtx {
namespace {

using Decoded = Result<json::value>;

std::string_view view(json::value const& value) {
    return value.get_string();
}

Decoded boolean(Type const&, json::value const& value, std::string const&) {
    if (!value.is_bool()) return std::unexpected(mismatch(value, "bool"));
    return value;
}

std::string shortest(double number) {
    char buffer[32];
    auto const end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    return std::string(buffer, end);
}

Decoded integer(Type const& type, json::value const& value, std::string const&) {
    if (value.is_int64() && (!type.is_unsigned || value.get_int64() >= 0)) return value;
    if (value.is_uint64()) return std::unexpected(mismatch(value, type.go_name));
    if (!value.is_number()) return std::unexpected(mismatch(value, type.go_name));
    return std::unexpected("json: cannot unmarshal number " + shortest(value.to_number<double>()) +
                           " into Go value of type " + std::string(type.go_name));
}

Decoded real(Type const&, json::value const& value, std::string const&) {
    if (!value.is_number()) return std::unexpected(mismatch(value, "float64"));
    auto const number = value.to_number<double>();
    // A whole number is printed as one, as Go does.
    auto const whole = std::trunc(number);
    if (whole == number && std::abs(number) < 1e15) {
        return json::value(static_cast<std::int64_t>(number));
    }
    return json::value(number);
}

Decoded text(Type const& type, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, type.go_name));
    return value;
}

Decoded duration(Type const&, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, "string"));
    if (view(value).empty()) return json::value("");
    auto const parsed = base::parse_duration(view(value));
    if (!parsed) return std::unexpected(parsed.error());
    return json::value(parsed->count() == 0 ? "" : base::format_duration(*parsed));
}

Decoded size(Type const&, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, "string"));
    auto const parsed = parse_byte_size(view(value));
    if (!parsed) return std::unexpected(parsed.error());
    return json::value(format_byte_size(*parsed));
}

Decoded credential(Type const&, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, "string"));
    if (auto problem = credential_problem(view(value))) return std::unexpected(std::move(*problem));
    return value;
}

Decoded word(Type const& type, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, type.go_name));
    if (std::ranges::find(type.words, view(value)) != type.words.end()) return value;
    return std::unexpected(std::string(type.error_before) + std::string(view(value)) +
                           std::string(type.error_after));
}

// "false" is no, "true" and "yes" are strict (quoted; unquoted they are booleans and refused).
Decoded encryption(Type const& type, json::value const& value, std::string const& path) {
    if (value.is_string()) {
        if (view(value) == "false") return json::value("no");
        if (view(value) == "true" || view(value) == "yes") return json::value("strict");
    }
    return word(type, value, path);
}

Decoded network(Type const&, json::value const& value, std::string const&) {
    if (!value.is_string()) return std::unexpected(mismatch(value, "string"));
    auto const parsed = IpNetwork::parse(view(value));
    if (!parsed) return std::unexpected(parsed.error());
    return json::value(parsed->to_string());
}

// A list whose elements are checked one by one by `element`.
template <Decoded (*element)(Type const&, json::value const&, std::string const&)>
Decoded list(Type const& type, json::value const& value, std::string const& path) {
    static constexpr Type kElement{Shape::text, nullptr};
    if (!value.is_array()) {
        return std::unexpected(mismatch(value, "[]" + std::string(type.go_name)));
    }
    auto checked_as = type.words.empty() && !type.is_unsigned ? kElement : type;
    json::array items;
    for (auto const& item : value.get_array()) {
        auto decoded = element(checked_as, item, path);
        if (!decoded) return decoded;
        items.push_back(std::move(*decoded));
    }
    return json::value(std::move(items));
}

// A set: printed in order, each once.
Decoded word_set(Type const& type, json::value const& value, std::string const& path) {
    auto items = list<word>(type, value, path);
    if (!items) return items;
    std::vector<std::string> sorted;
    for (auto const& item : items->get_array()) sorted.emplace_back(item.get_string());
    std::ranges::sort(sorted);
    auto const tail = std::ranges::unique(sorted);
    sorted.erase(tail.begin(), tail.end());
    return json::value_from(sorted);
}

Decoded records(Type const& type, json::value const& value, std::string const& path) {
    if (!value.is_array()) return std::unexpected(mismatch(value, "[]json.RawMessage"));
    json::array items;
    for (auto const& item : value.get_array()) {
        auto const item_path = path + "[" + std::to_string(items.size()) + "]";
        auto given = decode_object(type.fields, item, item_path, Nulls::strict);
        if (!given) return std::unexpected(given.error());
        items.emplace_back(with_defaults(type.fields, *given));
    }
    return json::value(std::move(items));
}

using Words = std::string_view const[];
constexpr Words kLogLevels{"error", "warn", "info", "debug"};
constexpr Words kDestinations{"stdout", "file", "syslog"};
constexpr Words kEncryptions{"no", "optional", "strict"};
constexpr Words kAuthMethods{"internal", "http", "jwt"};
constexpr Words kActions{"publish", "read", "playback", "api", "metrics", "pprof"};
constexpr Words kTransportSet{"udp", "multicast", "tcp"};
constexpr Words kTransports{"automatic", "udp", "multicast", "tcp"};
constexpr Words kRtspMethods{"basic", "digest"};
constexpr Words kRanges{"", "clock", "npt", "smpte"};
constexpr Words kVariants{"mpegts", "fmp4", "lowLatency"};
constexpr Words kFormats{"fmp4", "mpegts"};
constexpr Words kMoq{"quic", "webtransport"};
constexpr Words kTrackCodecs{"AV1", "VP9", "H265", "H264", "Opus", "MPEG4Audio", "G711", "LPCM"};

constexpr Type enumeration(std::span<std::string_view const> words, std::string_view before,
                           std::string_view after, std::string_view go_name = "string") {
    return Type{Shape::coded_text, word, {}, words, before, after, go_name};
}

constexpr Type kTrackCodec = enumeration(kTrackCodecs, "unsupported codec '", "'");

constexpr Key kPermissionFields[] = {
    {"action", &types::kAuthAction, R"("")"},
    {"path", &types::kString, R"("")"},
};
constexpr Key kUserFields[] = {
    {"user", &types::kCredential, R"("")"},
    {"pass", &types::kCredential, R"("")"},
    {"ips", &types::kNetworks, "[]"},
    {"permissions", &types::kPermissions, "[]"},
};
constexpr Key kIceServerFields[] = {
    {"url", &types::kString, R"("")"},
    {"username", &types::kString, R"("")"},
    {"password", &types::kString, R"("")"},
    {"clientOnly", &types::kBool, "false"},
};
constexpr Key kForwardFields[] = {
    {"dest", &types::kString, R"("")"},
    {"destFingerprint", &types::kString, R"("")"},
    {"whipBearerToken", &types::kString, R"("")"},
};
constexpr Key kTrackFields[] = {
    {"codec", &kTrackCodec, R"("")"},
    {"sampleRate", &types::kInt, "0"},
    {"channelCount", &types::kInt, "0"},
    {"muLaw", &types::kBool, "false"},
};

}  // namespace

namespace types {

Type const kBool{Shape::boolean, boolean};
Type const kInt{Shape::integer, integer, {}, {}, {}, {}, "int"};
Type const kUint{Shape::integer, integer, {}, {}, {}, {}, "uint", true};
Type const kFloat{Shape::real, real};
Type const kString{Shape::text, text};
Type const kDuration{Shape::coded_text, duration};
Type const kSize{Shape::coded_text, size};
Type const kCredential{Shape::coded_text, credential};
Type const kStringList{Shape::list, list<text>};
Type const kUintList{Shape::list, list<integer>, {}, {}, {}, {}, "uint", true};
Type const kFloatList{Shape::list, list<real>, {}, {}, {}, {}, "float64"};
Type const kNetworks{Shape::list, list<network>};

Type const kLogLevel = enumeration(kLogLevels, "invalid log level: '", "'");
Type const kLogDestinations{
    Shape::list, list<word>, {}, kDestinations, "invalid log destination: ", ""};
Type const kEncryption{Shape::coded_text,       encryption, {},          kEncryptions,
                       "invalid encryption: '", "'",        "conf.alias"};
Type const kAuthMethod = enumeration(kAuthMethods, "invalid authMethod: '", "'", "conf.alias");
Type const kAuthAction = enumeration(kActions, "invalid auth action: '", "'");
Type const kRtspTransports{Shape::list, word_set, {}, kTransportSet, "invalid transport: ", ""};
Type const kRtspAuthMethods{
    Shape::list, list<word>, {}, kRtspMethods, "invalid authentication method: '", "'"};
Type const kRtspTransport = enumeration(kTransports, "invalid transport '", "'");
Type const kRtspRangeType = enumeration(kRanges, "invalid rtsp range type: '", "'", "conf.alias");
Type const kHlsVariant = enumeration(kVariants, "invalid HLS variant: '", "'");
Type const kRecordFormat = enumeration(kFormats, "invalid record format '", "'", "conf.alias");
Type const kMoqTransport = enumeration(kMoq, "invalid MoQ transport '", "'", "conf.alias");

Type const kPermissions{Shape::records, records, kPermissionFields};
Type const kUsers{Shape::records, records, kUserFields};
Type const kIceServers{Shape::records, records, kIceServerFields};
Type const kForward{Shape::records, records, kForwardFields};
Type const kAvailableTracks{Shape::records, records, kTrackFields};

}  // namespace types
}  // namespace tidegate::config::mediamtx
