#include "rtsp/core/transport.hpp"

#include <array>

#include "base/number.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

// "2-3", or "2" for 2-3.
std::expected<void, std::string> parse_channels(std::string_view value, Transport& transport) {
    auto rest = value;
    auto const first = base::parse_number<std::uint8_t>(cut(rest, '-'));
    auto const second = value.find('-') == std::string_view::npos && first && *first < 255
                            ? std::optional{static_cast<std::uint8_t>(*first + 1)}
                            : base::parse_number<std::uint8_t>(trim(rest));
    if (!first || !second) return std::unexpected("invalid interleaved channels");
    transport.interleaved = {*first, *second};
    return {};
}

std::expected<void, std::string> parse_mode(std::string_view value, Transport& transport) {
    if (value.starts_with('"')) value.remove_prefix(1);
    if (value.ends_with('"')) value.remove_suffix(1);
    if (equal_ignoring_case(value, "play")) {
        transport.mode = Mode::play;
    } else if (equal_ignoring_case(value, "record") || equal_ignoring_case(value, "receive")) {
        transport.mode = Mode::record;
    } else {
        return std::unexpected("invalid transport mode");
    }
    return {};
}

std::expected<void, std::string> parse_parameter(std::string_view parameter, Transport& transport) {
    auto value = parameter;
    auto const key = cut(value, '=');
    value = trim(value);
    if (equal_ignoring_case(key, "multicast")) transport.multicast = true;
    if (equal_ignoring_case(key, "interleaved")) return parse_channels(value, transport);
    if (equal_ignoring_case(key, "mode")) return parse_mode(value, transport);
    if (equal_ignoring_case(key, "ssrc"))
        transport.ssrc = base::parse_number<std::uint32_t>(value, 16);
    return {};
}

bool parse_profile(std::string_view profile, Transport& transport) {
    struct Known {
        std::string_view name;
        bool tcp, secure;
    };
    constexpr std::array kKnown{
        Known{"RTP/AVP", false, false},     Known{"RTP/AVP/UDP", false, false},
        Known{"RTP/AVP/TCP", true, false},  Known{"RTP/SAVP", false, true},
        Known{"RTP/SAVP/UDP", false, true}, Known{"RTP/SAVP/TCP", true, true}};
    for (auto const& known : kKnown) {
        if (!equal_ignoring_case(profile, known.name)) continue;
        transport.tcp = known.tcp;
        transport.secure = known.secure;
        return true;
    }
    return false;
}

}  // namespace

std::expected<std::vector<Transport>, std::string> parse_transports(std::string_view value) {
    std::vector<Transport> transports;
    std::size_t seen = 0;
    while (!value.empty()) {
        if (++seen > kMaxTransports) return std::unexpected("too many transports");
        auto alternative = cut(value, ',');
        Transport transport;
        if (!parse_profile(cut(alternative, ';'), transport)) continue;
        while (!alternative.empty()) {
            auto const parsed = parse_parameter(cut(alternative, ';'), transport);
            if (!parsed) return std::unexpected(parsed.error());
        }
        transports.push_back(transport);
    }
    if (seen == 0) return std::unexpected("Transport header is missing");
    if (transports.empty()) return std::unexpected("invalid transport");
    return transports;
}

std::string write_transport(Transport const& transport) {
    std::string out = transport.secure ? "RTP/SAVP" : "RTP/AVP";
    if (transport.tcp) out += "/TCP";
    out += transport.multicast ? ";multicast" : ";unicast";
    if (transport.interleaved) {
        out += ";interleaved=" + std::to_string(transport.interleaved->first) + "-" +
               std::to_string(transport.interleaved->second);
    }
    if (transport.ssrc) {
        out += ";ssrc=";
        for (int shift = 28; shift >= 0; shift -= 4) {
            out += "0123456789ABCDEF"[*transport.ssrc >> shift & 0xF];
        }
    }
    if (transport.mode) out += *transport.mode == Mode::play ? ";mode=play" : ";mode=record";
    return out;
}

}  // namespace tidegate::rtsp
